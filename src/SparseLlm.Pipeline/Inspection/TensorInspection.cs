using SparseLlm.Models.Checkpoints;
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
    public static TensorInspection Of(Checkpoint checkpoint, TensorInfo tensor)
    {
        if (!tensor.ElementType.IsConvertible())
        {
            return new TensorInspection(tensor.Name, tensor.ElementType.ToString(), tensor.Shape, 0, null);
        }

        int columns = tensor.Shape.Count == 0 ? 1 : (int)tensor.Shape[^1];
        var row = new float[columns];
        var fullest = new int[GroupSizes.Length];
        long zeros = 0;
        for (long first = 0; first < tensor.ElementCount; first += columns)
        {
            checkpoint.Read(tensor, first, row);
            zeros += row.LongCount(value => value == 0);
            for (int i = 0; i < GroupSizes.Length; i++)
            {
                fullest[i] = Math.Max(fullest[i], FullestGroup(row, GroupSizes[i]));
            }
        }

        double sparsity = tensor.ElementCount == 0 ? 0 : (double)zeros / tensor.ElementCount;
        return new TensorInspection(tensor.Name, tensor.ElementType.ToString(), tensor.Shape, sparsity, FindPattern(fullest, sparsity, tensor.Shape));
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
    private static string? FindPattern(int[] fullest, double sparsity, IReadOnlyList<long> shape)
    {
        if (shape.Count != 2 || sparsity is 0 or 1)
        {
            return null;
        }

        for (int i = 0; i < GroupSizes.Length; i++)
        {
            (int kept, int size) = (fullest[i], GroupSizes[i]);
            if (shape[^1] % size == 0 && kept < size && (1 - sparsity) * size > kept - 0.5)
            {
                return new SparsityPattern.Groups(kept, size).ToString();
            }
        }

        return null;
    }
}
