namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>What a sequence of values is to Python.</summary>
internal enum SequenceKind
{
    /// <summary>A list.</summary>
    List,

    /// <summary>A tuple.</summary>
    Tuple,

    /// <summary>What <c>range</c> returns.</summary>
    Range,
}
