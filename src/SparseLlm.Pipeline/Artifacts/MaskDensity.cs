using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>Where the weights of a matrix are that were kept: a coarse grid over it, with the share of weights in each
/// cell that are not zero.</summary>
/// <param name="Rows">Cells from top to bottom, over the outputs.</param>
/// <param name="Columns">Cells from left to right, over the inputs.</param>
/// <param name="Cells">A byte for each cell, row-major, from 0 for none kept to 255 for all; in JSON as Base64.</param>
internal sealed record MaskDensity(int Rows, int Columns, byte[] Cells) : IJsonOnDeserialized
{
    private const int MostPerSide = 64;
    private const int LeastPerSide = 8;
    private const int LeastWeights = 4;
    private const int MostInAll = 1 << 18;

    /// <summary>The share that was kept in the emptiest cell.</summary>
    [JsonIgnore]
    public double Least => Cells.Min() / (double)byte.MaxValue;

    /// <summary>The share that was kept in the fullest cell.</summary>
    [JsonIgnore]
    public double Most => Cells.Max() / (double)byte.MaxValue;

    /// <summary>How many cells the sides of a grid may have, so that the grids of all matrices together stay
    /// small.</summary>
    public static int SideFor(int matrices)
        => Math.Clamp((int)Math.Sqrt((double)MostInAll / Math.Max(matrices, 1)), LeastPerSide, MostPerSide);

    /// <summary>Measures a matrix, a band of rows at a time.</summary>
    /// <param name="checkpoint">The pruned checkpoint.</param>
    /// <param name="matrix">A matrix in it.</param>
    /// <param name="side">The most cells along a side.</param>
    public static MaskDensity Measure(Checkpoint checkpoint, TensorSlice matrix, int side)
    {
        (int height, int width) = (matrix.Rows, matrix.Columns);
        (int rows, int columns) = (Math.Clamp(height / LeastWeights, 1, side), Math.Clamp(
            width / LeastWeights,
            1,
            side));
        var cells = new byte[rows * columns];
        var reader = new SliceReader(matrix, checkpoint);
        var band = new float[((height + rows - 1) / rows) * width];
        for (int row = 0; row < rows; row++)
        {
            (int first, int end) = Part(row, rows, height);
            Span<float> values = band.AsSpan(0, (end - first) * width);
            reader.Read(first, values);
            for (int column = 0; column < columns; column++)
            {
                (int left, int right) = Part(column, columns, width);
                cells[row * columns + column] = Quantize(
                    Kept(values, width, left, right),
                    (end - first) * (right - left));
            }
        }

        return new MaskDensity(rows, columns, cells);
    }

    private static (int First, int End) Part(int index, int parts, int length)
        => ((int)((long)index * length / parts), (int)((long)(index + 1) * length / parts));

    private static int Kept(ReadOnlySpan<float> values, int width, int left, int right)
    {
        int kept = 0;
        for (int start = 0; start < values.Length; start += width)
        {
            foreach (float value in values[(start + left)..(start + right)])
            {
                kept += value == 0 ? 0 : 1;
            }
        }

        return kept;
    }

    private static byte Quantize(int kept, int all) => (byte)Math.Round((double)kept / all * byte.MaxValue);

    void IJsonOnDeserialized.OnDeserialized() =>
        RecordJson.Require(
            Rows > 0 && Columns > 0 && (long)Rows * Columns == Cells.Length,
            "a mask has not as many cells as it should");
}
