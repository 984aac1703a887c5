using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>What is in one tensor.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Dtype">Its element type, such as <c>F16</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Sparsity">The share of elements that are zero.</param>
/// <param name="Pattern">The N:M pattern that holds in every group of M consecutive columns, if one does.</param>
internal sealed record TensorInspection(
    string Name,
    string Dtype,
    IReadOnlyList<long> Shape,
    double Sparsity,
    string? Pattern)
{
    /// <summary>How it is stored: a layout of <c>sparsellm.json</c>, or <c>dense</c>.</summary>
    public string Layout { get; init; } = LayoutSize.Dense;

    /// <summary>Bits of the codes that its weights are, packed or not; null if they are none.</summary>
    public int? Bits { get; init; }

    /// <summary>Columns that share the scale of these codes.</summary>
    public int? Group { get; init; }

    /// <summary>Reads a tensor, a row at a time.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <param name="transposed">The matrices that the tensor holds transposed, if it does: groups of a pattern lie
    /// along their rows.</param>
    public static TensorInspection Of(
        Checkpoint checkpoint,
        TensorInfo tensor,
        CancellationToken cancellation,
        IReadOnlyList<TensorSlice>? transposed = null)
    {
        if (!tensor.ElementType.IsConvertible())
        {
            return new TensorInspection(tensor.Name, tensor.ElementType.ToString(), tensor.Shape, 0, null);
        }

        var finder = new GroupPattern.Finder();
        byte[] mask = [];
        foreach (float[] row in transposed is { Count: > 0 } ? Rows(checkpoint, transposed) : Rows(checkpoint, tensor))
        {
            if (mask.Length != (row.Length + 7) / 8)
            {
                mask = new byte[(row.Length + 7) / 8];
            }

            cancellation.ThrowIfCancellationRequested();
            Mark(row, mask);
            finder.Add(mask, row.Length);
        }

        double sparsity = tensor.ElementCount == 0 ? 0 : (double)finder.Zeros / tensor.ElementCount;
        string? pattern = tensor.Shape.Count < 2 ? null : finder.Find()?.ToString();
        CodeFormat? codes = tensor.Packed is { } packed
            ? packed.Encoding.Codes
            : FindCodes(checkpoint, tensor, cancellation);
        return new TensorInspection(tensor.Name, tensor.ElementType.ToString(), tensor.Shape, sparsity, pattern)
        {
            Layout = tensor.Packed?.Encoding.Layout ?? LayoutSize.Dense,
            Bits = codes?.Bits,
            Group = codes?.Group,
        };
    }

    private static CodeFormat? FindCodes(Checkpoint checkpoint, TensorInfo tensor, CancellationToken cancellation)
        => MatrixShape.TryOf(tensor, out MatrixShape matrix)
            ? new MatrixScan(checkpoint, tensor, matrix).FindCodes(cancellation)
            : null;

    /// <summary>The rows as they are stored, each in the same array.</summary>
    private static IEnumerable<float[]> Rows(Checkpoint checkpoint, TensorInfo tensor)
    {
        var row = new float[tensor.Shape.Count == 0 ? 1 : (int)tensor.Shape[^1]];
        for (long first = 0; first < tensor.ElementCount; first += row.Length)
        {
            checkpoint.Read(tensor, first, row);
            yield return row;
        }
    }

    /// <summary>The rows of the matrices, each of a matrix in the same array.</summary>
    private static IEnumerable<float[]> Rows(Checkpoint checkpoint, IReadOnlyList<TensorSlice> matrices)
    {
        foreach (TensorSlice matrix in matrices)
        {
            var reader = new SliceReader(matrix, checkpoint);
            var row = new float[matrix.Columns];
            for (int index = 0; index < matrix.Rows; index++)
            {
                reader.Read(index, row);
                yield return row;
            }
        }
    }

    /// <summary>Marks what is not zero, of either sign.</summary>
    private static void Mark(float[] row, byte[] mask)
    {
        Array.Clear(mask);
        for (int i = 0; i < row.Length; i++)
        {
            mask[i / 8] |= (byte)((row[i] == 0 ? 0 : 1) << (i % 8));
        }
    }
}
