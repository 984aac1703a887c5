namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>A field in the schema of a Parquet file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsText">Whether it is a column that can hold text.</param>
/// <param name="Column">The number of the column; -1 where it is a group of fields.</param>
/// <param name="IsRepeated">Whether there can be several, one after the other.</param>
/// <param name="IsList">Whether it is a group that stands for a list.</param>
/// <param name="Definition">The definition level that values have where it is there.</param>
/// <param name="Repetition">The highest repetition level of its values.</param>
/// <param name="Children">The fields in it.</param>
internal sealed record ParquetNode(
    string Name, bool IsText, int Column, bool IsRepeated, bool IsList, int Definition, int Repetition,
    IReadOnlyList<ParquetNode> Children)
{
    /// <summary>What it is a list of; null where it is none.</summary>
    public ParquetNode? Item => IsList && Children is [{ IsRepeated: true } entry]
        ? OfEntry(entry)
        : IsRepeated ? this with { IsRepeated = false } : null;

    // As the format has it: what is repeated in a list is an entry with the item in it, in old files the item itself.
    private static ParquetNode OfEntry(ParquetNode entry) =>
        entry.Children is [{ } item] && entry.Name != "array"
            && !entry.Name.EndsWith("_tuple", StringComparison.Ordinal) ? item : entry with { IsRepeated = false };
}
