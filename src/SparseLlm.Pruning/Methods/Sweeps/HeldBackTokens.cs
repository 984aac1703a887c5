using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pruning.Methods.Sweeps;

/// <summary>
/// The calibration windows that take no part in a sweep's solves, and so can tell whether it helped: the last sixteenth
/// of those that the layer was fitted to, at least one.
/// </summary>
internal sealed class HeldBackTokens(IBackend backend, TokenChunks chunks) : IDisposable
{
    private const int Share = 16;

    private readonly List<(StoredMatrix Input, StoredMatrix Target)> held = [];

    /// <summary>How many tokens of a chunk, from its first on, are not held back.</summary>
    public int FittedRows(int chunk)
    {
        int windows = Enumerable.Range(0, chunks.FittedCount).Sum(Windows);
        int fitted = windows - Math.Max(1, windows / Share);
        int before = Enumerable.Range(0, chunk).Sum(Windows);
        return Math.Clamp(fitted - before, 0, Windows(chunk)) * chunks.SequenceLength;
    }

    /// <summary>Takes over held-back inputs and targets of the block, [tokens x channels] each.</summary>
    public void Add(Matrix<float> input, Matrix<float> target)
        => held.Add((chunks.Store.Keep(input), chunks.Store.Keep(target)));

    /// <summary>‖Y - MLP(X)‖ / ‖Y‖, with the block as it is now.</summary>
    public double Error(FeedForward feedForward)
    {
        (double error, double total) = (0, 0);
        foreach ((StoredMatrix storedInput, StoredMatrix storedTarget) in held)
        {
            using Matrix<float> input = storedInput.Read();
            using Matrix<float> target = storedTarget.Read();
            using Matrix<float> hidden = feedForward.Hidden(input);
            using Matrix<float> output = feedForward.Output.Apply(hidden);
            backend.Combine(1, target, -1, output, output);
            error += backend.Dot(output, output);
            total += backend.Dot(target, target);
        }

        return total > 0 ? Math.Sqrt(error / total) : 0;
    }

    private int Windows(int chunk) => chunks.Ids(chunk).Length / chunks.SequenceLength;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((StoredMatrix input, StoredMatrix target) in held)
        {
            input.Dispose();
            target.Dispose();
        }
    }
}
