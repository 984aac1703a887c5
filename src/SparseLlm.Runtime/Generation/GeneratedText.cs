namespace SparseLlm.Runtime.Generation;

/// <summary>A piece of generated text.</summary>
/// <param name="Text">The text; may be empty, since a character may take several tokens.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="GeneratedTokens">Tokens that have been generated up to here, one that ends the text included.</param>
/// <param name="End">Why nothing follows; null if something does.</param>
public sealed record GeneratedText(string Text, int PromptTokens, int GeneratedTokens, EndReason? End);

/// <summary>Why a text has ended.</summary>
public enum EndReason
{
    /// <summary>The model has ended it.</summary>
    EndToken,

    /// <summary>A stop string follows.</summary>
    StopString,

    /// <summary>It has as many tokens as were asked for, or the context is full.</summary>
    Length,
}
