using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>What is in one tensor.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Dtype">Its element type, such as <c>F16</c>.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Sparsity">The share of elements that are zero.</param>
/// <param name="Pattern">The N:M pattern that holds in every group of M consecutive columns, if one does.</param>
public sealed record TensorInspection(string Name, string Dtype, IReadOnlyList<long> Shape, double Sparsity, string? Pattern)
{
    private static readonly int[] GroupSizes = [2, 4, 8, 16, 32];

    /// <summary>Reads a tensor, a row at a time.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="transposed">The matrices that the tensor holds transposed, if it does: groups of a pattern lie along their rows.</param>
    public static TensorInspection Of(Checkpoint checkpoint, TensorInfo tensor, IReadOnlyList<TensorSlice>? transposed = null)
    {
        if (!tensor.ElementType.IsConvertible())
        {
            return new TensorInspection(tensor.Name, tensor.ElementType.ToString(), tensor.Shape, 0, null);
        }

        var fullest = new int[GroupSizes.Length];
        long zeros = 0;
        int columns = 1;
        foreach (float[] row in transposed is { Count: > 0 } ? Rows(checkpoint, transposed) : Rows(checkpoint, tensor))
        {
            columns = row.Length;
            zeros += row.LongCount(value => value == 0);
            for (int i = 0; i < GroupSizes.Length; i++)
            {
                fullest[i] = Math.Max(fullest[i], FullestGroup(row, GroupSizes[i]));
            }
        }

        double sparsity = tensor.ElementCount == 0 ? 0 : (double)zeros / tensor.ElementCount;
        string? pattern = tensor.Shape.Count < 2 ? null : FindPattern(fullest, sparsity, columns);
        return new TensorInspection(tensor.Name, tensor.ElementType.ToString(), tensor.Shape, sparsity, pattern);
    }

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

    private static int FullestGroup(float[] row, int size)
    {
        int fullest = 0;
        for (int start = 0; start < row.Length; start += size)
        {
            int count = 0;
            foreach (float value in row.AsSpan(start, Math.Min(size, row.Length - start)))
            {
                count += value == 0 ? 0 : 1;
            }

            fullest = Math.Max(fullest, count);
        }

        return fullest;
    }

    /// <summary>The smallest group size whose pattern both holds and explains the zeros: N:M with a density near N/M.</summary>
    private static string? FindPattern(int[] fullest, double sparsity, int columns)
    {
        if (sparsity is 0 or 1)
        {
            return null;
        }

        for (int i = 0; i < GroupSizes.Length; i++)
        {
            (int kept, int size) = (fullest[i], GroupSizes[i]);
            if (columns % size == 0 && kept < size && (1 - sparsity) * size > kept - 0.5)
            {
                return new SparsityPattern.Groups(kept, size).ToString();
            }
        }

        return null;
    }
}
