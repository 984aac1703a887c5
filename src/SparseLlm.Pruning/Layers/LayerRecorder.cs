using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Layers;

/// <summary>
/// Takes down what is done to a decoder layer. Every new weight is rounded to the checkpoint's element type at once, so
/// that the layers behind it see the model as it will be loaded. Values are copied out of the layer in the end, not
/// before, so that it is not in memory twice while it is solved.
/// </summary>
/// <param name="backend">Where the layer lives.</param>
/// <param name="checkpoint">The dense model's tensors.</param>
/// <param name="plan">How sparse each matrix becomes.</param>
/// <param name="layer">The layer's place.</param>
/// <param name="overlay">Where parts of the layer are loaded from again that have been taken down for good.</param>
/// <param name="progress">Told of every matrix.</param>
internal sealed class LayerRecorder(
    IBackend backend, Checkpoint checkpoint, SparsityPlan plan, int layer, TensorOverlay overlay,
    IProgress<PruningProgress>? progress)
{
    private readonly List<(TensorSlice Slice, Matrix<float> Matrix)> changed = [];
    private readonly List<PrunedTensor> taken = [];
    private readonly List<LinearReport> linears = [];
    private readonly List<string> fallbacks = [];
    private readonly List<GuardReport> guards = [];
    private SweepReport? sweeps;

    /// <summary>Everything that was taken down, with the values that the changed tensors have now.</summary>
    public PrunedLayer Result()
    {
        TakeDown(changed);
        return new PrunedLayer(layer, taken, linears, fallbacks) { Sweeps = sweeps, Guards = guards };
    }

    /// <summary>Takes down for good what a part of the layer has become, so that its memory can be given
    /// back.</summary>
    public void TakeDown(Mixer part)
    {
        HashSet<Matrix<float>> ofPart = [.. part.Parameters.Select(parameter => parameter.Values)];
        TakeDown([.. changed.Where(entry => ofPart.Contains(entry.Matrix))]);
        changed.RemoveAll(entry => ofPart.Contains(entry.Matrix));

        // Reports stand in the order in which parts are done, also where several are solved at the same time.
        HashSet<string> names = [.. part.Linears.Select(linear => linear.Definition.WeightName)];
        LinearReport[] reports = [.. linears.Where(report => names.Contains(report.Name))];
        linears.RemoveAll(reports.Contains);
        linears.AddRange(reports);
    }

    private void TakeDown(IReadOnlyList<(TensorSlice Slice, Matrix<float> Matrix)> slices)
    {
        foreach (var plane in slices.GroupBy(entry => (entry.Slice.Tensor, entry.Slice.Plane)))
        {
            byte[] bytes = Bytes([.. plane]);
            (TensorShape tensor, int number) = plane.Key;
            taken.Add(new PrunedTensor(
                tensor.Name,
                tensor.Planes > 0 ? number : null,
                checkpoint[tensor.Name].ElementType,
                bytes));
            overlay.Put(tensor.Name, number, bytes);
        }
    }

    /// <summary>The bytes of a plane with the slices that have changed; what no slice is of stays as it is.</summary>
    private byte[] Bytes(IReadOnlyList<(TensorSlice Slice, Matrix<float> Matrix)> slices)
    {
        TensorSlice first = slices[0].Slice;
        TensorInfo tensor = checkpoint[first.Tensor.Name];
        int size = tensor.ElementType.Size();
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)(first.Tensor.PlaneLength * size)));
        if (first.IsWholePlane)
        {
            backend.Download(slices[0].Matrix, tensor.ElementType.Format(), bytes);
            return bytes;
        }

        checkpoint.ReadBytes(tensor, first.Plane * first.Tensor.PlaneLength * size, bytes);
        foreach ((TensorSlice slice, Matrix<float> matrix) in slices)
        {
            byte[] part = new byte[matrix.Length * size];
            backend.Download(matrix, tensor.ElementType.Format(), part);
            if (size == sizeof(float))
            {
                slice.Scatter<uint>(
                    MemoryMarshal.Cast<byte, uint>(part),
                    MemoryMarshal.Cast<byte, uint>(bytes.AsSpan()));
            }
            else
            {
                slice.Scatter<ushort>(
                    MemoryMarshal.Cast<byte, ushort>(part),
                    MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan()));
            }
        }

        return bytes;
    }

    /// <summary>Rounds and takes down a solved linear layer. A layer solved again replaces what was taken down
    /// before.</summary>
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
        foreach ((TensorSlice slice, Matrix<float> values) in norm.Parameters)
        {
            Round(values, slice);
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
        foreach ((TensorSlice slice, Matrix<float> values) in linear.Parameters.Reverse())
        {
            Round(values, slice);
        }
    }

    /// <summary>Takes down how the sweeps of the feed-forward block went (see <see cref="SweepReport"/>).</summary>
    public void AddSweeps(int tried, int accepted, double errorBefore, double errorAfter) =>
        sweeps = new SweepReport(layer, tried, accepted, errorBefore, errorAfter);

    /// <summary>Takes down what held-back windows say of a change (see <see cref="GuardReport"/>).</summary>
    public void AddGuard(string change, double lossWithout, double lossWith)
    {
        guards.Add(
            new GuardReport(layer, change, Finite(lossWithout), Finite(lossWith), IsTaken: lossWith < lossWithout));

        static double? Finite(double loss) => double.IsFinite(loss) ? loss : null;
    }

    /// <summary>Takes down a numerical fallback.</summary>
    public void AddFallback(string sentence) => fallbacks.Add(sentence);

    private void Round(Matrix<float> matrix, TensorSlice slice)
    {
        ElementType type = checkpoint[slice.Tensor.Name].ElementType;
        RequireFinite(
            matrix,
            $"pruning '{slice.Label}' gave a value that is not finite; use a larger damping or more calibration data");
        backend.RoundTo(matrix, type.Format());
        RequireFinite(
            matrix, $"pruning '{slice.Label}' gave a value beyond the range of {type}; use a larger damping, a lower "
                + $"sparsity, or a model in BF16 or F32");
        changed.RemoveAll(known => known.Slice == slice);
        changed.Add((slice, matrix));
    }

    private void RequireFinite(Matrix<float> matrix, string problem)
    {
        if (backend.FirstNonFinite(matrix) >= 0)
        {
            throw PruningDiagnostics.NonFinite.Error(null, problem);
        }
    }
}
