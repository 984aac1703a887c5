using System.Globalization;
using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Tool.Output;

/// <summary>What the tensors of a packed model take, by layout.</summary>
internal static class LayoutText
{
    /// <summary>Writes a table.</summary>
    public static void Show(IReadOnlyList<LayoutSize> layouts, TextOutput console) => console.WriteTable(
        [
            "layout", "tensors#", "weights#?", "dense, bytes#", "packed, bytes#", "dense, bits/weight#?",
            "packed, bits/weight#",
        ],
        layouts.Select(size => (string[])
        [
            size.Layout,
            Number(size.Tensors),
            Number(size.Weights),
            Number(size.DenseBytes),
            Number(size.StoredBytes),
            Bits(size.DenseBytes, size).ToString("0.00", CultureInfo.InvariantCulture),
            Bits(size.StoredBytes, size).ToString("0.00", CultureInfo.InvariantCulture),
        ]));

    /// <summary>The same for JSON.</summary>
    public static IEnumerable<object> Record(IReadOnlyList<LayoutSize> layouts) => layouts.Select(size => new
    {
        size.Layout,
        size.Tensors,
        size.Weights,
        size.DenseBytes,
        size.StoredBytes,
        DenseBitsPerWeight = Bits(size.DenseBytes, size),
        StoredBitsPerWeight = Bits(size.StoredBytes, size),
    });

    private static double Bits(long bytes, LayoutSize size)
        => size.Weights == 0 ? 0 : Math.Round(8.0 * bytes / size.Weights, 4);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
