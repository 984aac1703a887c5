using SparseLlm.Pruning.Calibration.Parquet;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Fields of a Parquet file by paths, as <see cref="FieldPath"/> has them.</summary>
internal static class ParquetFields
{
    private const string Each = "[]";

    /// <summary>The field that a path leads to; null where there is none.</summary>
    /// <param name="node">Where the path begins.</param>
    /// <param name="path">The path, from there on.</param>
    public static ParquetNode? Find(this ParquetNode node, string path)
    {
        if (path.Length == 0)
        {
            return node;
        }

        if (path.StartsWith(Each, StringComparison.Ordinal))
        {
            return node.Item?.Find(path[Each.Length..].TrimStart('.'));
        }

        foreach ((string name, string further) in FieldPath.Splits(path))
        {
            if (node.Item is null && node.Children.FirstOrDefault(child => child.Name == name) is { } child)
            {
                return child.Find(further);
            }
        }

        return null;
    }

    /// <summary>The paths of the columns of text at or below a field.</summary>
    /// <param name="node">The field.</param>
    /// <param name="path">Its own path.</param>
    public static IEnumerable<string> TextPaths(this ParquetNode node, string path) =>
        node.Item is { } item ? item.TextPaths(path + Each)
        : node.Column >= 0 ? node.IsText ? [path] : []
        : node.Children.SelectMany(child => child.TextPaths(path.Length == 0 ? child.Name : $"{path}.{child.Name}"));
}
