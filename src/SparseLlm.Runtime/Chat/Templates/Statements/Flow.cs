namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>What comes after a statement.</summary>
internal enum Flow
{
    /// <summary>The next one.</summary>
    Next,

    /// <summary>What is behind the loop.</summary>
    Break,

    /// <summary>The loop's next element.</summary>
    Continue,
}
