namespace SparseLlm.Pruning.Calibration;

/// <summary>How the bytes of a text's file become token ids. It is part of every key of what is made of a text.</summary>
public enum TextFormat
{
    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>A JSON record on each line, one field of which holds text.</summary>
    JsonLines,

    /// <summary>Token ids in NumPy's format.</summary>
    TokenIds,
}

/// <summary>Which format a file is read in: its name alone says so.</summary>
public static class TextFormats
{
    /// <summary>The format of a file with this name.</summary>
    public static TextFormat Of(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".jsonl" or ".ndjson" or ".json" => TextFormat.JsonLines,
        ".npy" => TextFormat.TokenIds,
        _ => TextFormat.Text,
    };

    /// <summary>Why files of this name are not read, and what to do; null if they are. Other names are those of plain text, as the file will show.</summary>
    public static string? Unsupported(string path)
    {
        string extension = Path.GetExtension(path).ToLowerInvariant();
        return extension switch
        {
            ".csv" or ".tsv" or ".parquet" or ".arrow" or ".feather" or ".orc" or ".avro" or ".xlsx" =>
                $"a table ({extension}) is not read; write its texts as JSON lines (.jsonl: a record with the field 'text' on each line)",
            ".gz" or ".zst" or ".xz" or ".bz2" or ".lz4" or ".br" or ".zip" or ".7z" or ".tar" or ".tgz" or ".rar" =>
                $"a packed file ({extension}) is not read; unpack it first",
            ".npz" => "an archive of arrays (.npz) is not read; save the token ids with numpy.save, as .npy",
            _ => null,
        };
    }
}
