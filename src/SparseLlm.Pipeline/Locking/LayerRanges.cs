using System.Globalization;

namespace SparseLlm.Pipeline.Locking;

/// <summary>Decoder layers as people write them.</summary>
internal static class LayerRanges
{
    /// <summary><c>layer 3</c>, or <c>layers 0, 3..11</c>.</summary>
    /// <param name="layers">At least one layer, ascending.</param>
    public static string Describe(IReadOnlyList<int> layers)
    {
        var ranges = new List<string>();
        int first = 0;
        for (int i = 1; i <= layers.Count; i++)
        {
            if (i == layers.Count || layers[i] != layers[i - 1] + 1)
            {
                ranges.Add(Describe(layers[first], layers[i - 1]));
                first = i;
            }
        }

        return (layers.Count == 1 ? "layer " : "layers ") + string.Join(", ", ranges);
    }

    private static string Describe(int first, int last) =>
        first == last
            ? first.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{first}..{last}");
}
