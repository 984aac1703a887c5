using System.Buffers;
using System.Numerics.Tensors;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Takes down what is done to a decoder layer. Every new weight is rounded to the checkpoint's element type at once, so that the
/// layers behind it see the model as it will be loaded. Values are copied out of the layer in the end, not before, so that it is not in memory twice while
/// it is solved.
/// </summary>
internal sealed class LayerRecorder(IBackend backend, Checkpoint checkpoint, SparsityPlan plan, int layer, IProgress<PruningProgress>? progress)
{
    private const int PieceLength = 1 << 16;
    private const int RoundedAtOnce = 1024;

    private readonly List<(string Name, Matrix<float> Matrix)> changed = [];
    private readonly List<LinearReport> linears = [];
    private readonly List<string> fallbacks = [];
    private readonly List<GuardReport> guards = [];
    private SweepReport? sweeps;

    /// <summary>Everything that was taken down, with the values that the changed tensors have now.</summary>
    public PrunedLayer Result()
    {
        var tensors = new List<PrunedTensor>();
        foreach ((string name, Matrix<float> matrix) in changed)
        {
            float[] values = GC.AllocateUninitializedArray<float>(checked((int)matrix.Length));
            backend.Download<float>(matrix, values);
            tensors.Add(new PrunedTensor(name, values));
        }

        return new PrunedLayer(layer, tensors, linears, fallbacks) { Sweeps = sweeps, Guards = guards };
    }

    /// <summary>Rounds and takes down a solved linear layer. A layer solved again replaces what was taken down before.</summary>
    public void Add(Linear linear, double? relativeError)
    {
        LinearReport report = Report(linear, relativeError);
        linears.RemoveAll(known => known.Name == report.Name);
        linears.Add(report);
        progress?.Report(new MatrixPruned(layer, report));
    }

    /// <summary>Rounds and takes down anew a linear layer that has been tuned since it was added.</summary>
    public void Update(Linear linear)
    {
        int index = linears.FindIndex(known => known.Name == linear.Definition.WeightName);
        linears[index] = Report(linear, linears[index].RelativeError);
    }

    /// <summary>Rounds and takes down a norm that has been tuned.</summary>
    public void Add(Norm norm)
    {
        if (norm.Gain is not null)
        {
            Round(norm.Gain, norm.Definition.GainName);
        }

        if (norm.Bias is not null)
        {
            Round(norm.Bias, norm.Definition.BiasName);
        }
    }

    private LinearReport Report(Linear linear, double? relativeError)
    {
        Round(linear);
        return new LinearReport(
            linear.Definition.WeightName,
            linear.Definition.Outputs,
            linear.Definition.Inputs,
            plan.PatternFor(linear.Definition)?.ToString() ?? "dense",
            linear.Weight.Length - backend.CountNonZero(linear.Weight),
            relativeError);
    }

    /// <summary>Rounds a linear layer and takes down its values alone.</summary>
    public void Round(Linear linear)
    {
        if (linear.Bias is not null)
        {
            Round(linear.Bias, linear.Definition.BiasName);
        }

        Round(linear.Weight, linear.Definition.WeightName);
    }

    /// <summary>Takes down how the sweeps of the feed-forward block went (see <see cref="SweepReport"/>).</summary>
    public void AddSweeps(int tried, int accepted, double errorBefore, double errorAfter) =>
        sweeps = new SweepReport(layer, tried, accepted, errorBefore, errorAfter);

    /// <summary>Takes down what held-back windows say of a change (see <see cref="GuardReport"/>).</summary>
    public void AddGuard(string change, double lossWithout, double lossWith)
    {
        guards.Add(new GuardReport(layer, change, Finite(lossWithout), Finite(lossWith), IsTaken: lossWith < lossWithout));

        static double? Finite(double loss) => double.IsFinite(loss) ? loss : null;
    }

    /// <summary>Takes down a numerical fallback.</summary>
    public void AddFallback(string sentence) => fallbacks.Add(sentence);

    private void Round(Matrix<float> matrix, string name)
    {
        ElementType type = checkpoint[name].ElementType;
        int pieceRows = Math.Max(1, PieceLength / matrix.Columns);
        float[] buffer = ArrayPool<float>.Shared.Rent(Math.Min(pieceRows, matrix.Rows) * matrix.Columns);
        for (int row = 0; row < matrix.Rows; row += pieceRows)
        {
            using Matrix<float> slice = matrix.Slice(row, Math.Min(pieceRows, matrix.Rows - row));
            Span<float> values = buffer.AsSpan(0, slice.Rows * slice.Columns);
            backend.Download(slice, values);
            CheckFinite(values, $"pruning '{name}' gave a value that is not finite; use a larger damping or more calibration data");
            Round(values, type);
            CheckFinite(
                values, $"pruning '{name}' gave a value beyond the range of {type}; use a larger damping, a lower sparsity, or a model in BF16 or F32");
            backend.Upload<float>(values, slice);
        }

        ArrayPool<float>.Shared.Return(buffer);

        changed.RemoveAll(known => known.Name == name);
        changed.Add((name, matrix));
    }

    private static void CheckFinite(ReadOnlySpan<float> values, string problem)
    {
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            throw PruningDiagnostics.NonFinite.Error(null, problem);
        }
    }

    /// <summary>
    /// Rounds to the element type. A kept weight so small that it would become zero gets the least magnitude of the type instead, so that
    /// the matrix is exactly as sparse as asked for; pruned weights are +0.
    /// </summary>
    private static void Round(Span<float> values, ElementType type)
    {
        float least = LeastMagnitude(type);
        Span<float> exact = stackalloc float[RoundedAtOnce];
        for (int start = 0; start < values.Length; start += RoundedAtOnce)
        {
            Span<float> piece = values.Slice(start, Math.Min(RoundedAtOnce, values.Length - start));
            piece.CopyTo(exact);
            ElementTypes.Round(piece, type);
            for (int i = 0; i < piece.Length; i++)
            {
                piece[i] = exact[i] != 0 && piece[i] == 0 ? least : piece[i] + 0f;
            }
        }
    }

    private static float LeastMagnitude(ElementType type) =>
        type == ElementType.F16 ? (float)Half.Epsilon : BitConverter.UInt32BitsToSingle(1u << 16);
}
