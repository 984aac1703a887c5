using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// Takes down what is done to a decoder layer. Every new weight is rounded to the checkpoint's element type at once, so that the
/// layers behind it see the model as it will be loaded.
/// </summary>
internal sealed class LayerRecorder(IBackend backend, Checkpoint checkpoint, SparsityPlan plan, int layer, IProgress<PruningProgress>? progress)
{
    private readonly List<PrunedTensor> tensors = [];
    private readonly List<LinearReport> linears = [];
    private readonly List<string> fallbacks = [];
    private SweepReport? sweeps;

    /// <summary>Everything taken down so far.</summary>
    public PrunedLayer Result => new(layer, tensors, linears, fallbacks) { Sweeps = sweeps };

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
        float[] weights = Round(linear);
        return new LinearReport(
            linear.Definition.WeightName,
            linear.Definition.Outputs,
            linear.Definition.Inputs,
            plan.PatternFor(linear.Definition)?.ToString() ?? "dense",
            weights.LongCount(weight => weight == 0),
            relativeError);
    }

    /// <summary>Rounds a linear layer and takes down its values alone, of which the weights are returned.</summary>
    public float[] Round(Linear linear)
    {
        if (linear.Bias is not null)
        {
            Round(linear.Bias, linear.Definition.BiasName);
        }

        return Round(linear.Weight, linear.Definition.WeightName);
    }

    /// <summary>Takes down how the sweeps of the feed-forward block went (see <see cref="SweepReport"/>).</summary>
    public void AddSweeps(int tried, int accepted, double errorBefore, double errorAfter) =>
        sweeps = new SweepReport(layer, tried, accepted, errorBefore, errorAfter);

    /// <summary>Takes down a numerical fallback.</summary>
    public void AddFallback(string sentence) => fallbacks.Add(sentence);

    private float[] Round(Matrix<float> matrix, string name)
    {
        var values = new float[matrix.Length];
        backend.Download<float>(matrix, values);
        CheckFinite(values, name);
        Round(values, checkpoint[name].ElementType);
        CheckRange(values, name, checkpoint[name].ElementType);
        backend.Upload<float>(values, matrix);
        tensors.RemoveAll(known => known.Name == name);
        tensors.Add(new PrunedTensor(name, values));
        return values;
    }

    private static void CheckFinite(float[] values, string name)
    {
        int position = Array.FindIndex(values, value => !float.IsFinite(value));
        if (position >= 0)
        {
            throw PruningDiagnostics.NonFinite.Error(
                null, $"pruning '{name}' gave a value that is not finite (element {position}); use a larger damping or more calibration data");
        }
    }

    private static void CheckRange(float[] values, string name, ElementType type)
    {
        int position = Array.FindIndex(values, value => !float.IsFinite(value));
        if (position >= 0)
        {
            throw PruningDiagnostics.NonFinite.Error(
                null, $"pruning '{name}' gave a value beyond the range of {type} (element {position}); use a larger damping, a lower sparsity, or a model in BF16 or F32");
        }
    }

    /// <summary>
    /// Rounds to the element type. A kept weight so small that it would become zero gets the least magnitude of the type instead, so that
    /// the matrix is exactly as sparse as asked for; pruned weights are +0.
    /// </summary>
    private static void Round(float[] values, ElementType type)
    {
        bool[] kept = [.. values.Select(value => value != 0)];
        ElementTypes.Round(values, type);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = kept[i] && values[i] == 0 ? LeastMagnitude(type) : values[i] + 0f;
        }
    }

    private static float LeastMagnitude(ElementType type) =>
        type == ElementType.F16 ? (float)Half.Epsilon : BitConverter.UInt32BitsToSingle(1u << 16);
}
