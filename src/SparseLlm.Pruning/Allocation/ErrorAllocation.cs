using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Allocation;

/// <summary>
/// Measures, for each matrix alone, how much pruning it to a few sparsities changes its layer's output in the dense
/// model; then chooses the sparsities with the least sum of errors e_m(s_m) - μ n_m s_m / n, with the μ that meets the
/// budget.
/// </summary>
internal sealed class ErrorAllocation(
    IBackend backend,
    SparsityBudget budget,
    PruningSettings settings,
    Action<string> reportFallback) : IAllocation
{
    /// <summary>How far a tensor's sparsity may be from the mean: errors measured one at a time say less, the more
    /// changes at once.</summary>
    public const double MaximumShift = 0.12;

    private const double Step = 0.01;
    private const int RefitSteps = 30;
    private const int Bisections = 100;

    private readonly SparseGptSolver solver = new(backend, settings.BlockSize);
    private readonly MaskedRefit refit = new(backend, RefitSteps);
    private readonly Dictionary<string, ErrorCurve> curves = [];

    /// <inheritdoc/>
    public void Add(DecoderLayer layer, LayerGrams grams, MeasuredActivations measured, CancellationToken cancellation)
    {
        double variance = Variance(measured);
        foreach (Stage stage in layer.Stages)
        {
            Linear[] linears = [.. stage.Linears.Where(linear => budget.Contains(linear.Definition))];
            if (linears.Length == 0)
            {
                continue;
            }

            using var gram = new InputGram(
                backend,
                linears[0].Definition.WeightName,
                grams.Copy(stage),
                settings.Damping,
                reportFallback);
            foreach (Linear linear in linears)
            {
                cancellation.ThrowIfCancellationRequested();
                curves[linear.Definition.WeightName] = new ErrorCurve(Errors(linear, gram, stage, measured, variance));
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> Choose()
    {
        double[] grid = [.. Grid()];
        double[][] errors = [.. budget.Tensors.Select(tensor => grid.Select(curves[tensor.WeightName].At).ToArray())];
        double[] shares = [.. budget.Tensors.Select(budget.Share)];
        double[] At(double price) => [.. errors.Zip(shares, (error, share) => grid[Cheapest(error, price * share)])];

        double Cost(int i) => errors.Max(error => error[i]) / shares.Min();
        (double low, double high) = (0, Cost(grid.Length - 1) / Step);
        for (int i = 0; i < Bisections; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = budget.Mean(At(middle)) < budget.Target ? (middle, high) : (low, middle);
        }

        return At(high);

        int Cheapest(double[] error, double price) =>
            Enumerable.Range(0, grid.Length).MinBy(i => error[i] - price * grid[i]);
    }

    private IEnumerable<double> Grid()
    {
        int steps = (int)Math.Round((budget.Upper - budget.Lower) / Step);
        return Enumerable.Range(0, steps + 1).Select(i => Math.Min(budget.Lower + i * Step, budget.Upper));
    }

    private double[] Errors(Linear linear, InputGram gram, Stage stage, MeasuredActivations measured, double variance)
    {
        Matrix<float> weights = linear.Weight;
        using Matrix<float> dense = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        using Matrix<float> mask = backend.AllocateUninitialized<float>(weights.Rows, weights.Columns);
        backend.Copy(weights, dense);
        var errors = new List<double>();
        foreach (double sparsity in ErrorCurve.Sparsities)
        {
            solver.Solve(gram, weights, new SparsityPattern.Unstructured(sparsity), mask);
            refit.Refit(gram, dense, mask, weights);
            gram.RestoreDeadInputs(dense, mask, weights);
            errors.Add(SquaredError(measured, stage) / variance);
            backend.Copy(dense, weights);
        }

        return [.. errors];
    }

    private double SquaredError(MeasuredActivations measured, Stage stage)
    {
        double sum = 0;
        for (int chunk = 0; chunk < measured.Count; chunk++)
        {
            using Matrix<float> dense = measured.Output(chunk);
            using Matrix<float> output = measured.OutputFrom(stage, chunk);
            backend.Combine(1, output, -1, dense, output);
            sum += backend.Dot(output, output);
        }

        return sum;
    }

    /// <summary>The variance of the layer's output over all its channels and tokens, so that layers of any scale can be
    /// compared.</summary>
    private double Variance(MeasuredActivations measured)
    {
        using Matrix<double> sums = backend.Allocate<double>(1, measured.Columns);
        double squares = 0;
        double count = 0;
        for (int chunk = 0; chunk < measured.Count; chunk++)
        {
            using Matrix<float> output = measured.Output(chunk);
            backend.AccumulateColumnSums(output, sums);
            squares += backend.Dot(output, output);
            count += output.Length;
        }

        var host = new double[sums.Columns];
        backend.Download(sums, host);
        double mean = host.Sum() / count;
        double variance = squares / count - mean * mean;
        return variance > 0 ? variance : 1;
    }
}
