namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Where a text comes from: files, read in the order given. A record is a line of JSON lines, a row of Parquet, or all
/// of a file of plain text.
/// </summary>
/// <param name="Paths">Absolute paths of files, each read in the <see cref="TextFormat"/> that its name says.</param>
/// <param name="Field">The field of a record that holds its text, as a <see cref="FieldPath"/>.</param>
public sealed record TextSource(IReadOnlyList<string> Paths, string Field = "text")
{
    /// <summary>The field of a record that holds the messages of a conversation, which the model's chat template makes
    /// text of; null where records are text.</summary>
    public string? Chat { get; init; }

    /// <summary>What stands between two records; null for nothing after plain text, and a line break after every other
    /// record.</summary>
    public string? Join { get; init; }

    /// <summary>How many records are read, from the first one on; null for all of them.</summary>
    public int? Records { get; init; }
}
