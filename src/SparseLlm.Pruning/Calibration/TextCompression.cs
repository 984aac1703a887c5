namespace SparseLlm.Pruning.Calibration;

/// <summary>How the file of a text is compressed as a whole.</summary>
public enum TextCompression
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>By gzip.</summary>
    Gzip,

    /// <summary>By Zstandard.</summary>
    Zstandard,
}
