namespace SparseLlm.Models.Tokenizers.PreTokenizers;

/// <summary>Which pieces of a text count as beginning with a space.</summary>
internal enum PrependScheme
{
    /// <summary>The one the text begins with.</summary>
    First,

    /// <summary>None but those that do.</summary>
    Never,

    /// <summary>All.</summary>
    Always,
}
