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
    private const string Each = "[]";

    /// <summary>What it is a list of; null where it is none.</summary>
    public ParquetNode? Item => IsList && Children is [{ IsRepeated: true } entry]
        ? OfEntry(entry)
        : IsRepeated ? this with { IsRepeated = false } : null;

    /// <summary>The fields below it that a path leads to.</summary>
    /// <param name="path">The path, from here on.</param>
    public ParquetNode? Find(string path)
    {
        if (path.Length == 0)
        {
            return this;
        }

        if (path.StartsWith(Each, StringComparison.Ordinal))
        {
            return Item?.Find(path[Each.Length..].TrimStart('.'));
        }

        foreach ((string name, string further) in FieldPath.Splits(path))
        {
            if (Item is null && Children.FirstOrDefault(child => child.Name == name) is { } child)
            {
                return child.Find(further);
            }
        }

        return null;
    }

    /// <summary>The paths of the columns of text at or below it.</summary>
    /// <param name="path">Its own path.</param>
    public IEnumerable<string> TextPaths(string path) => Item is { } item ? item.TextPaths(path + Each)
        : Column >= 0 ? IsText ? [path] : []
        : Children.SelectMany(child => child.TextPaths(path.Length == 0 ? child.Name : $"{path}.{child.Name}"));

    // As the format has it: what is repeated in a list is an entry with the item in it, in old files the item itself.
    private static ParquetNode OfEntry(ParquetNode entry) =>
        entry.Children is [{ } item] && entry.Name != "array"
            && !entry.Name.EndsWith("_tuple", StringComparison.Ordinal) ? item : entry with { IsRepeated = false };
}
