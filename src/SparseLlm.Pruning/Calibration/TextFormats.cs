namespace SparseLlm.Pruning.Calibration;

/// <summary>How a file is read: its name alone says so. That it is compressed is its last extension, what it is the one
/// before.</summary>
public static class TextFormats
{
    /// <summary>The format of a file with this name.</summary>
    public static TextFormat Of(string path) => InnerExtension(path) switch
    {
        ".jsonl" or ".ndjson" or ".json" => TextFormat.JsonLines,
        ".npy" => TextFormat.TokenIds,
        ".parquet" => TextFormat.Parquet,
        _ => TextFormat.Text,
    };

    /// <summary>The compression of a file with this name.</summary>
    public static TextCompression CompressionOf(string path) => Extension(path) switch
    {
        ".gz" => TextCompression.Gzip,
        ".zst" => TextCompression.Zstandard,
        _ => TextCompression.None,
    };

    /// <summary>Why files of this name are not read, and what to do; null if they are. Other names are those of plain
    /// text, as the file will show.</summary>
    public static string? Unsupported(string path)
    {
        string extension = InnerExtension(path);
        return extension switch
        {
            ".csv" or ".tsv" or ".arrow" or ".feather" or ".orc" or ".avro" or ".xlsx" =>
                $"a table ({extension}) is not read; write it as Parquet (.parquet), or its texts as JSON lines "
                + $"(.jsonl: a record with the field 'text' on each line)",
            ".gz" or ".zst" => $"a file compressed twice ({extension}{Extension(path)}) is not read; unpack it first",
            ".xz" or ".bz2" or ".lz4" or ".br" => $"a packed file ({extension}) is not read; unpack it first, or pack "
                + $"it by gzip (.gz) or Zstandard (.zst)",
            ".zip" or ".7z" or ".tar" or ".tgz" or ".rar" => $"an archive ({extension}) is not read; unpack it first",
            ".npz" => "an archive of arrays (.npz) is not read; save the token ids with numpy.save, as .npy",
            ".parquet" or ".npy" when CompressionOf(path) != TextCompression.None
                    => $"a packed file of the form {extension} is not read, since reading begins at its end or skips; "
                        + $"unpack it first",
            _ => null,
        };
    }

    private static string InnerExtension(string path)
        => Extension(CompressionOf(path) == TextCompression.None ? path : Path.GetFileNameWithoutExtension(path));

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();
}
