namespace SparseLlm.Pruning.Calibration;

/// <summary>How the bytes of a text's file become token ids. It is part of every key of what is made of a
/// text.</summary>
public enum TextFormat
{
    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>A JSON record on each line, one field of which holds text.</summary>
    JsonLines,

    /// <summary>Token ids in NumPy's format.</summary>
    TokenIds,

    /// <summary>A table, one column of which holds text.</summary>
    Parquet,
}
