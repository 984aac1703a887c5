using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Layers;

namespace SparseLlm.Pruning.Losses;

/// <summary>mean (Y - Yd)² / var Yd: how far a layer's output is from the dense model's.</summary>
/// <param name="backend">Where it is computed.</param>
/// <param name="variance">Of the targets, over all tokens and channels.</param>
internal sealed class ReconstructionLoss(IBackend backend, double variance) : ITuningLoss
{
    /// <summary>The loss of a layer against a whole stream of targets, whose variance is its unit.</summary>
    public static ReconstructionLoss Of(LayerContext context, ActivationStream targets)
        => new(context.Backend, Variance(context, targets));

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => [];

    /// <inheritdoc/>
    public double Evaluate(Matrix<float> output, Matrix<float> target, Matrix<float> gradient)
    {
        backend.Combine(1, output, -1, target, gradient);
        double unit = output.Length * variance;
        double loss = backend.Dot(gradient, gradient) / unit;
        backend.Combine((float)(2 / unit), gradient, 0, gradient, gradient);
        return loss;
    }

    /// <summary>Over all tokens and channels.</summary>
    private static double Variance(LayerContext context, ActivationStream targets)
    {
        (double Sum, double Squares, double Count) all = context.ForAllChunks("targets", Measure)
            .Aggregate((all, chunk) => (all.Sum + chunk.Sum, all.Squares + chunk.Squares, all.Count + chunk.Count));
        double variance = all.Squares / all.Count - all.Sum / all.Count * (all.Sum / all.Count);
        return variance > 0 ? variance : 1;

        (double Sum, double Squares, double Count) Measure(int chunk)
        {
            using Matrix<float> values = targets.Read(chunk);
            using Matrix<double> sums = context.Backend.Allocate<double>(1, values.Columns);
            context.Backend.AccumulateColumnSums(values, sums);
            var host = new double[values.Columns];
            context.Backend.Download(sums, host);
            return (host.Sum(), context.Backend.Dot(values, values), values.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
