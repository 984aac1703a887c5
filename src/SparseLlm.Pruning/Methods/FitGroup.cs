using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Methods;

/// <summary>
/// The linear layers that share an input (q, k and v; up and gate; o; down): one Gram matrix and one factorisation for all.
/// </summary>
internal sealed class FitGroup : IDisposable
{
    private readonly IBackend backend;
    private readonly TokenSums inputs;
    private readonly IReadOnlyList<LinearFit?> fits;

    /// <summary>A group; a place in the list is null for a layer that stays dense.</summary>
    public FitGroup(IBackend backend, int width, IReadOnlyList<LinearFit?> fits)
    {
        this.backend = backend;
        this.fits = fits;
        inputs = new TokenSums(backend, width);
    }

    /// <summary>Whether there is anything to prune.</summary>
    public bool IsEmpty => fits.All(fit => fit is null);

    /// <summary>The layers to prune.</summary>
    public IEnumerable<Linear> Linears => fits.OfType<LinearFit>().Select(fit => fit.Linear);

    /// <summary>Adds tokens, with the targets of each layer in the order of the group (none where the layers have no targets of their own).</summary>
    public void Add(Matrix<float> x, params ReadOnlySpan<Matrix<float>> targets)
    {
        if (IsEmpty)
        {
            return;
        }

        inputs.Add(x);
        for (int i = 0; i < targets.Length; i++)
        {
            fits[i]?.AddTargets(x, targets[i]);
        }
    }

    /// <summary>Solves every layer of the group.</summary>
    /// <param name="settings">Damping, solver and refit.</param>
    /// <param name="importance">Per layer of the group, how much the model depends on each of its rows; null for all the same.</param>
    /// <param name="pruned">Told of each solved layer and its relative error.</param>
    /// <param name="reportFallback">Told of numerical fallbacks.</param>
    /// <param name="guard">Shown each layer's problem before it is solved.</param>
    public void Solve(
        FitSettings settings,
        IReadOnlyList<float[]?> importance,
        Action<LinearFit, double> pruned,
        Action<string> reportFallback,
        LayerGuard? guard = null)
    {
        foreach (IGrouping<bool, int> byCentring in Enumerable.Range(0, fits.Count)
            .Where(i => fits[i] is not null)
            .GroupBy(i => fits[i]!.RefitsBias))
        {
            string name = fits[byCentring.First()]!.Linear.Definition.WeightName;
            Matrix<double> sums = inputs.CopyGram(centred: byCentring.Key);
            using var gram = new InputGram(backend, name, sums, settings.Damping, reportFallback);
            foreach (int i in byCentring)
            {
                LinearFit fit = fits[i]!;
                guard?.Add(fit, gram, inputs);
                pruned(fit, fit.Solve(gram, inputs, settings.Solver, settings.Refit, importance[i]));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        inputs.Dispose();
        foreach (LinearFit? fit in fits)
        {
            fit?.Dispose();
        }
    }
}

/// <summary>How the subproblems of a group are solved.</summary>
/// <param name="Damping">Added to the diagonal of a Gram matrix, as a share of its mean.</param>
/// <param name="Solver">The inner solver.</param>
/// <param name="Refit">What refits the kept weights afterwards.</param>
internal sealed record FitSettings(double Damping, ISolver Solver, MaskedRefit Refit);
