using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Tests.Support;

/// <summary>Zeros for the smallest weights of stored matrices, without the code that prunes.</summary>
public static class MagnitudePruning
{
    /// <summary>Writes a copy of a checkpoint of one file in another type, with every matrix pruned as it is
    /// stored.</summary>
    /// <param name="source">The directory of the model.</param>
    /// <param name="directory">Where to put <c>model.safetensors</c>.</param>
    /// <param name="type">The type of its matrices and vectors.</param>
    /// <param name="pattern"><c>N:M</c> along the stored rows, or a share.</param>
    public static void Write(string source, string directory, ElementType type, string pattern)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        SafetensorsFile.Write(Path.Combine(directory, "model.safetensors"), type, checkpoint.Tensors.Select(tensor =>
        {
            float[] values = new float[tensor.ElementCount];
            checkpoint.Read(tensor, 0, values);
            return (tensor.Name, tensor.Shape.ToArray(), tensor.Shape.Count < 2
                ? values
                : Prune(values, (int)tensor.Shape[^1], pattern));
        }));
    }

    /// <summary>Prunes a matrix.</summary>
    public static float[] Prune(float[] values, int columns, string pattern)
    {
        (int group, int zeros) = pattern.Split(':') is [var kept, var size]
            ? (int.Parse(size), int.Parse(size) - int.Parse(kept))
            : (values.Length, (int)(values.Length
                * double.Parse(pattern, System.Globalization.CultureInfo.InvariantCulture)));
        if (group < values.Length && columns % group != 0)
        {
            return values;
        }

        return [.. values.Chunk(group).SelectMany(chunk =>
        {
            HashSet<int> dropped = [.. Enumerable.Range(0, chunk.Length).OrderBy(i => Math.Abs(chunk[i])).Take(zeros)];
            return chunk.Select((value, i) => dropped.Contains(i) ? 0 : value);
        })];
    }
}
