using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Gradients;

namespace SparseLlm.Pruning.Losses;

/// <summary>mean (Y - Yd)² / var Yd: how far a layer's output is from the dense model's.</summary>
internal sealed class ReconstructionLoss : ITuningLoss
{
    private readonly IBackend backend;
    private readonly double variance;

    /// <summary>The loss against a whole stream of targets, whose variance is its unit.</summary>
    public ReconstructionLoss(IBackend backend, ActivationStream targets)
    {
        this.backend = backend;
        variance = Variance(backend, targets);
    }

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
    private static double Variance(IBackend backend, ActivationStream targets)
    {
        double sum = 0;
        double squares = 0;
        double count = 0;
        for (int chunk = 0; chunk < targets.Count; chunk++)
        {
            using Matrix<float> values = targets.Read(chunk);
            using Matrix<double> sums = backend.Allocate<double>(1, values.Columns);
            backend.AccumulateColumnSums(values, sums);
            var host = new double[values.Columns];
            backend.Download(sums, host);
            sum += host.Sum();
            squares += backend.Dot(values, values);
            count += values.Length;
        }

        double variance = squares / count - sum / count * (sum / count);
        return variance > 0 ? variance : 1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
