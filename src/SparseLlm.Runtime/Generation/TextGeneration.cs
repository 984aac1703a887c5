using SparseLlm.Models.Tokenizers;
using SparseLlm.Runtime.Decoding;

namespace SparseLlm.Runtime.Generation;

/// <summary>Token by token, until something ends the text.</summary>
internal sealed class TextGeneration
{
    private readonly GenerationOptions options;

    /// <summary>Prepares a text.</summary>
    /// <param name="options">How tokens are chosen and when it ends; refused here if they are wrong.</param>
    public TextGeneration(GenerationOptions options)
    {
        options.Require();
        this.options = options;
    }

    /// <summary>Adds tokens to the sequence; the logits of the token that follows.</summary>
    public required Func<TokenSequence, IReadOnlyList<int>, CancellationToken, float[]> Read { get; init; }

    /// <summary>The model's tokenizer.</summary>
    public required Lazy<Tokenizer> Tokenizer { get; init; }

    /// <summary>The tokens with which the model ends its text.</summary>
    public required Lazy<EndTokens> EndTokens { get; init; }

    /// <summary>The most tokens that a sequence may have.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Pieces of text; the last one says why it is the last.</summary>
    public IEnumerable<GeneratedText> Run(
        TokenSequence sequence,
        IReadOnlyList<int> prompt,
        CancellationToken cancellation)
    {
        var sampler = new Sampler(options);
        var text = new TextDecoder(Tokenizer.Value, !options.ShowsSpecialTokens, sequence.Tokens.Concat(prompt));
        var stop = new StopMatcher(options.StopStrings);
        IReadOnlyList<int> next = prompt;
        for (int generated = 1; ; generated++)
        {
            cancellation.ThrowIfCancellationRequested();
            int token = sampler.Choose(Read(sequence, next, cancellation), sequence.Tokens);
            bool isEnd = EndTokens.Value.Ids.Contains(token);
            string piece = stop.Add(isEnd && !options.ShowsSpecialTokens ? "" : text.Add(token));
            EndReason? end = isEnd ? EndReason.EndToken
                : stop.IsFound ? EndReason.StopString
                : generated == options.MaximumTokens || sequence.Length == ContextLength ? EndReason.Length
                : null;
            if (end is EndReason.EndToken or EndReason.Length)
            {
                piece += stop.Add(text.Complete()) + stop.Complete();
                end = stop.IsFound ? EndReason.StopString : end;
            }

            yield return new GeneratedText(piece, prompt.Count, generated, end);
            if (end is not null)
            {
                yield break;
            }

            next = [token];
        }
    }
}
