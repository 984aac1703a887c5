using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Fitting;

/// <summary>
/// The subproblem of one linear layer: sparse weights (and a bias) whose outputs on the pruned model's inputs X come as
/// close as possible to targets T,
/// <code>min ‖T - X W' - b‖² + λ ‖W - W0‖²   subject to the pattern.</code>
/// Without targets of its own, T = X W0' + b0, and the dense weights W0 are the unconstrained solution.
/// </summary>
internal sealed class LinearFit : IDisposable
{
    private const float LeastImportance = 1e-3f;

    private readonly IBackend backend;
    private readonly Linear linear;
    private readonly SparsityPattern pattern;
    private readonly TargetSums? targets;
    private bool isCrossReduced;

    /// <summary>A subproblem for a loaded layer, whose weight and bias it will replace.</summary>
    /// <param name="backend">Where everything lives.</param>
    /// <param name="linear">The layer.</param>
    /// <param name="pattern">How sparse it becomes.</param>
    /// <param name="hasTargets">Whether targets will be added with the inputs.</param>
    /// <param name="refitBias">Whether the bias is part of the problem.</param>
    public LinearFit(IBackend backend, Linear linear, SparsityPattern pattern, bool hasTargets, bool refitBias)
        : this(
            backend,
            linear,
            pattern,
            refitBias && linear.Bias is not null,
            hasTargets ? new TargetSums(backend, linear.Definition.Inputs, linear.Definition.Outputs) : null)
    {
    }

    private LinearFit(IBackend backend, Linear linear, SparsityPattern pattern, bool refitsBias, TargetSums? targets) =>
        (this.backend, this.linear, this.pattern, RefitsBias, this.targets)
            = (backend, linear, pattern, refitsBias, targets);

    /// <summary>Whether the bias is part of the problem: then its sums are taken around their means.</summary>
    public bool RefitsBias { get; }

    /// <summary>The layer.</summary>
    public Linear Linear => linear;

    /// <summary>All that is summed of its targets.</summary>
    public IEnumerable<SectionedSum> Sums => targets?.Parts ?? [];

    /// <summary>Adds the targets [tokens x outputs] of tokens x [tokens x inputs].</summary>
    public void AddTargets(Matrix<float> x, Matrix<float> values) => targets?.Add(x, values);

    /// <summary>The same subproblem, of which nothing is solved yet, for a copy of the layer in the memory of a
    /// backend. The copy is disposed by the caller.</summary>
    public LinearFit CopyTo(IBackend other)
    {
        var copy = new Linear(
            other, linear.Definition, other.CopyOf(linear.Weight, backend), linear.Bias is null
                ? null
                : other.CopyOf(linear.Bias, backend));
        return new LinearFit(other, copy, pattern, RefitsBias, targets?.CopyTo(other));
    }

    /// <summary>Gives the layer the weight and bias of a copy.</summary>
    public void Take(LinearFit copy)
    {
        backend.Copy(copy.linear.Weight, copy.backend, linear.Weight);
        if (linear.Bias is not null)
        {
            backend.Copy(copy.linear.Bias!, copy.backend, linear.Bias);
        }
    }

    /// <summary>Replaces the layer's weight and bias by the solution.</summary>
    /// <param name="gram">The inputs' Gram matrix, centred if <see cref="RefitsBias"/>.</param>
    /// <param name="inputs">The sums it was made from.</param>
    /// <param name="settings">How.</param>
    /// <param name="importance">How much the model depends on each row; null for all the same.</param>
    /// <returns>‖T - Y‖ / ‖T‖ on the calibration tokens.</returns>
    public double Solve(InputGram gram, TokenSums inputs, FitSettings settings, float[]? importance)
    {
        (int outputs, int width) = (linear.Definition.Outputs, linear.Definition.Inputs);
        Matrix<double>? cross = CrossProduct(inputs);
        using Matrix<float> target = backend.AllocateUninitialized<float>(outputs, width);
        Unconstrained(gram, cross, target);
        gram.ZeroDeadInputs(target);

        using Matrix<float> weights = backend.AllocateUninitialized<float>(outputs, width);
        using Matrix<float> mask = backend.AllocateUninitialized<float>(outputs, width);
        if (settings.KeepsMasks)
        {
            KeepMask(weights, mask);
        }
        else
        {
            Prune(settings, gram, importance, target, weights, mask);
        }

        settings.Refit.Refit(gram, target, mask, weights);
        gram.RestoreDeadInputs(linear.Weight, mask, weights);
        gram.RestoreDeadInputs(linear.Weight, mask, target);
        settings.Quantizer?.Quantize(gram, target, mask, weights);

        double error = RelativeError(gram, inputs, cross, weights);
        backend.Copy(weights, linear.Weight);
        using Matrix<float>? bias = FittedBias(weights, inputs);
        if (bias is not null)
        {
            backend.Copy(bias, linear.Bias!);
        }

        return error;
    }

    /// <summary>The dense weights pruned by a solver alone, with the bias refitted where that is part of the problem;
    /// the layer stays as it is.</summary>
    /// <param name="gram">The inputs' Gram matrix, centred if <see cref="RefitsBias"/>.</param>
    /// <param name="inputs">The sums it was made from.</param>
    /// <param name="settings">How.</param>
    public PlainSolution SolvePlainly(InputGram gram, TokenSums inputs, FitSettings settings)
    {
        Matrix<float> weights = backend.AllocateUninitialized<float>(linear.Weight.Rows, linear.Weight.Columns);
        using Matrix<float> mask = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.Copy(linear.Weight, weights);
        Prune(settings.Plain, gram, weights, mask);
        gram.RestoreDeadInputs(linear.Weight, mask, weights);
        settings.Quantizer?.Quantize(gram, linear.Weight, mask, weights);
        double error = RelativeError(gram, inputs, CrossProduct(inputs), weights);
        return new PlainSolution(backend, weights, FittedBias(weights, inputs), error);
    }

    /// <summary>Starts from the weights and the mask that the layer has.</summary>
    private void KeepMask(Matrix<float> weights, Matrix<float> mask)
    {
        backend.Copy(linear.Weight, weights);
        bool isPruned = pattern.Zeros(weights.Rows, weights.Columns) > 0;
        backend.KeepLargest(weights, isPruned ? backend.CountNonZero(weights) : weights.Length, mask);
    }

    /// <summary>Starts from the solution without a pattern, pruned.</summary>
    private void Prune(
        FitSettings settings, InputGram gram, float[]? importance, Matrix<float> target, Matrix<float> weights,
        Matrix<float> mask)
    {
        backend.Copy(target, weights);
        float[]? scales = importance?.Select(value => Math.Max(value, LeastImportance)).ToArray();
        Scale(weights, scales, inverted: false);
        Prune(settings.Solver, gram, weights, mask);
        Scale(weights, scales, inverted: true);
    }

    /// <summary>Prunes, unless everything is kept.</summary>
    private void Prune(ISolver solver, InputGram gram, Matrix<float> weights, Matrix<float> mask)
    {
        if (pattern.Zeros(weights.Rows, weights.Columns) > 0)
        {
            solver.Solve(gram, weights, pattern, mask);
            return;
        }

        backend.KeepLargest(weights, weights.Length, mask);
    }

    /// <summary>X'T as the problem needs it: around the means, or with the fixed bias taken out of T; null without
    /// targets.</summary>
    private Matrix<double>? CrossProduct(TokenSums inputs)
    {
        if (targets is null || isCrossReduced)
        {
            return targets?.Cross;
        }

        isCrossReduced = true;
        if (RefitsBias)
        {
            backend.AddOuterProduct(-1.0 / inputs.Tokens, inputs.Sums, targets.Sums, targets.Cross);
        }
        else if (linear.Bias is { } bias)
        {
            using Matrix<double> wide = backend.AllocateUninitialized<double>(1, bias.Columns);
            backend.Convert(bias, wide);
            backend.AddOuterProduct(-1, inputs.Sums, wide, targets.Cross);
        }

        return targets.Cross;
    }

    /// <summary>The solution without a pattern: W0 + (G' - W0 H) (H + λ)^-1, or W0 itself without targets.</summary>
    private void Unconstrained(InputGram gram, Matrix<double>? cross, Matrix<float> solution)
    {
        if (cross is null)
        {
            backend.Copy(linear.Weight, solution);
            return;
        }

        (int outputs, int width) = (linear.Definition.Outputs, linear.Definition.Inputs);
        using Matrix<double> dense = backend.AllocateUninitialized<double>(outputs, width);
        using Matrix<double> residual = backend.AllocateUninitialized<double>(outputs, width);
        backend.Convert(linear.Weight, dense);
        backend.Transpose(cross, residual);

        // G' - W0 H, with H = damped - λ I
        backend.Multiply(dense, false, gram.Damped, false, residual, alpha: -1, beta: 1);
        backend.Combine(1, residual, gram.Damping, dense, residual);
        backend.Multiply(residual, false, gram.Inverse, false, dense, alpha: 1, beta: 1);
        backend.Convert(dense, solution);
    }

    private void Scale(Matrix<float> weights, float[]? scales, bool inverted)
    {
        if (scales is not null)
        {
            backend.ScaleRows(weights, inverted ? [.. scales.Select(scale => 1 / scale)] : scales);
        }
    }

    /// <summary>‖T - Y‖² = tr T'T - 2 tr W G + tr W H W'; without targets, tr D H D' with D = W0 - W.</summary>
    private double RelativeError(InputGram gram, TokenSums inputs, Matrix<double>? cross, Matrix<float> weights)
    {
        if (cross is null)
        {
            using Matrix<float> difference = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
            backend.Combine(1, linear.Weight, -1, weights, difference);
            return Ratio(QuadraticForm(difference, gram), QuadraticForm(linear.Weight, gram));
        }

        double total = TargetEnergy(inputs);
        double error = total - 2 * Trace(weights, cross) + QuadraticForm(weights, gram);
        return Ratio(error, total);
    }

    /// <summary>tr W G.</summary>
    private double Trace(Matrix<float> weights, Matrix<double> cross)
    {
        using Matrix<double> transposed = backend.AllocateUninitialized<double>(weights.Rows, weights.Columns);
        backend.Transpose(cross, transposed);
        using Matrix<double> wide = backend.AllocateUninitialized<double>(weights.Rows, weights.Columns);
        backend.Convert(weights, wide);
        return backend.Dot(wide, transposed);
    }

    /// <summary>tr T'T, around the mean or with the fixed bias taken out, as the problem needs it.</summary>
    private double TargetEnergy(TokenSums inputs)
    {
        int outputs = linear.Definition.Outputs;
        var squares = new double[outputs];
        var sums = new double[outputs];
        backend.Download(targets!.Squares, squares);
        backend.Download(targets.Sums, sums);
        float[] bias = HostBias();
        double tokens = inputs.Tokens;
        return RefitsBias
            ? squares.Zip(sums, (square, sum) => square - sum * sum / tokens).Sum()
            : squares.Select((square, i) => square - 2 * bias[i] * sums[i] + tokens * bias[i] * bias[i]).Sum();
    }

    /// <summary>tr W H W' for the H without damping.</summary>
    private double QuadraticForm(Matrix<float> weights, InputGram gram) =>
        backend.QuadraticForm(weights, gram.Damped) - gram.Damping * backend.Dot(weights, weights);

    private static double Ratio(double error, double total) => total > 0 ? Math.Sqrt(Math.Max(error, 0) / total) : 0;

    /// <summary>b = t̄ - W x̄, the bias that makes the mean output right, as a new matrix; null where the bias
    /// stays.</summary>
    private Matrix<float>? FittedBias(Matrix<float> weights, TokenSums inputs)
    {
        if (!RefitsBias || targets is null)
        {
            return null;
        }

        using Matrix<double> wide = backend.AllocateUninitialized<double>(weights.Rows, weights.Columns);
        backend.Convert(weights, wide);
        using Matrix<double> bias = backend.AllocateUninitialized<double>(1, weights.Rows);
        backend.Copy(targets.Sums, bias);
        backend.Multiply(inputs.Sums, false, wide, true, bias, alpha: -1.0 / inputs.Tokens, beta: 1.0 / inputs.Tokens);
        Matrix<float> narrow = backend.AllocateUninitialized<float>(1, weights.Rows);
        backend.Convert(bias, narrow);
        return narrow;
    }

    private float[] HostBias()
    {
        var bias = new float[linear.Definition.Outputs];
        if (linear.Bias is not null)
        {
            backend.Download(linear.Bias, bias);
        }

        return bias;
    }

    /// <inheritdoc/>
    public void Dispose() => targets?.Dispose();
}
