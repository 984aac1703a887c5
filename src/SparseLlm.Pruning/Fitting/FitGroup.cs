using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Fitting;

/// <summary>
/// The linear layers that share an input (q, k and v; up and gate; o; down): one Gram matrix and one factorisation for
/// all.
/// </summary>
internal sealed class FitGroup : IDisposable
{
    private readonly IBackend backend;
    private readonly TokenSums inputs;
    private readonly IReadOnlyList<LinearFit?> fits;
    private readonly SharedInputs? shared;

    /// <summary>A group; a place in the list is null for a layer that stays dense.</summary>
    /// <param name="backend">Where everything lives.</param>
    /// <param name="width">Number of inputs.</param>
    /// <param name="fits">The subproblems.</param>
    /// <param name="shared">Where earlier prunes with the same inputs have left what depends on these alone; null where
    /// inputs are this prune's own.</param>
    public FitGroup(IBackend backend, int width, IReadOnlyList<LinearFit?> fits, SharedInputs? shared = null)
        : this(backend, shared?.Sums ?? new TokenSums(backend, width), fits, shared)
    {
    }

    private FitGroup(IBackend backend, TokenSums inputs, IReadOnlyList<LinearFit?> fits, SharedInputs? shared) =>
        (this.backend, this.inputs, this.fits, this.shared) = (backend, inputs, fits, shared);

    /// <summary>Whether there is anything to prune.</summary>
    public bool IsEmpty => fits.All(fit => fit is null);

    /// <summary>The layers to prune.</summary>
    public IEnumerable<Linear> Linears => fits.OfType<LinearFit>().Select(fit => fit.Linear);

    /// <summary>All that is summed over tokens; nothing where there is nothing to prune.</summary>
    public IEnumerable<SectionedSum> Sums => IsEmpty
        ? []
        : [.. shared?.Sums is null ? inputs.Parts : [], .. fits.SelectMany(fit => fit?.Sums ?? [])];

    /// <summary>The places of the layers to prune, in the order in which they are solved.</summary>
    public IEnumerable<int> Places => ByCentring.SelectMany(places => places);

    private IEnumerable<IGrouping<bool, int>> ByCentring
        => Enumerable.Range(0, fits.Count).Where(i => fits[i] is not null).GroupBy(i => fits[i]!.RefitsBias);

    /// <summary>The subproblem in a place of <see cref="Places"/>.</summary>
    public LinearFit this[int place] => fits[place]!;

    /// <summary>Some subproblems of a group of which nothing is solved yet, with copies of their layers in the memory
    /// of a backend.</summary>
    /// <param name="other">The backend.</param>
    /// <param name="places">Theirs in the group, which they have in the new one too.</param>
    public FitGroup CopyTo(IBackend other, IReadOnlyCollection<int> places)
    {
        shared?.Keep(inputs);
        return new FitGroup(
            other,
            inputs.CopyTo(other),
            [.. fits.Select((fit, i) => places.Contains(i) ? fit?.CopyTo(other) : null)],
            shared: null);
    }

    /// <summary>Adds tokens, with the targets of each layer in the order of the group (none where the layers have no
    /// targets of their own).</summary>
    public void Add(Matrix<float> x, params ReadOnlySpan<Matrix<float>> targets)
    {
        if (IsEmpty)
        {
            return;
        }

        if (shared?.Sums is null)
        {
            inputs.Add(x);
        }

        for (int i = 0; i < targets.Length; i++)
        {
            fits[i]?.AddTargets(x, targets[i]);
        }
    }

    /// <summary>Says how many tokens are in the sums, with those that others have added.</summary>
    public void Complete(long tokens) => inputs.Complete(tokens);

    /// <summary>Solves every layer of the group.</summary>
    /// <param name="settings">Damping, solver and refit.</param>
    /// <param name="importance">Per layer of the group, how much the model depends on each of its rows; null for all
    /// the same.</param>
    /// <param name="pruned">Told of each solved layer and its relative error.</param>
    /// <param name="reportFallback">Told of numerical fallbacks.</param>
    /// <param name="plainly">Told what SparseGPT alone makes of each layer, before it is solved; null where nobody
    /// wants to know.</param>
    public void Solve(
        FitSettings settings,
        IReadOnlyList<float[]?> importance,
        Action<LinearFit, double> pruned,
        Action<string> reportFallback,
        Action<LinearFit, PlainSolution>? plainly = null)
    {
        if (!IsEmpty)
        {
            shared?.Keep(inputs);
        }

        foreach (IGrouping<bool, int> byCentring in ByCentring)
        {
            InputGram gram = shared?.Gram(byCentring.Key) ?? CreateGram(byCentring, settings.Damping, reportFallback);
            try
            {
                foreach (int i in byCentring)
                {
                    LinearFit fit = fits[i]!;
                    plainly?.Invoke(fit, fit.SolvePlainly(gram, inputs, settings));
                    pruned(fit, fit.Solve(gram, inputs, settings, importance[i]));
                }
            }
            finally
            {
                Release(byCentring.Key, gram);
            }
        }
    }

    private InputGram CreateGram(IGrouping<bool, int> byCentring, double damping, Action<string> reportFallback)
    {
        string name = fits[byCentring.First()]!.Linear.Definition.WeightName;
        int users = byCentring.Count();
        bool isOnly = shared is null && users == Linears.Count();
        Matrix<double> gram = isOnly
            ? inputs.TakeGram(centred: byCentring.Key)
            : inputs.CopyGram(centred: byCentring.Key);
        return new InputGram(backend, name, gram, damping, reportFallback) { HasOneUser = isOnly && users == 1 };
    }

    /// <summary>One that fell back is not kept: every prune takes the same steps, and reports them.</summary>
    private void Release(bool centred, InputGram gram)
    {
        if (shared is not null && !gram.HasFallenBack)
        {
            shared.Keep(centred, gram);
        }
        else
        {
            gram.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (shared?.Sums != inputs)
        {
            inputs.Dispose();
        }

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
/// <param name="Plain">SparseGPT, which solves beside the inner solver where a layer is guarded.</param>
/// <param name="Quantizer">What quantises the kept weights in the end; null where they stay as they are.</param>
/// <param name="KeepsMasks">Whether matrices are pruned already, and keep the zeros that they have.</param>
internal sealed record FitSettings(
    double Damping,
    ISolver Solver,
    MaskedRefit Refit,
    SparseGptSolver Plain,
    Quantizer? Quantizer,
    bool KeepsMasks)
{
    /// <summary>What the settings of a prune ask for, on a backend.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="keepsMasks">Whether matrices keep the zeros that they have.</param>
    public static FitSettings Of(PruningSettings settings, IBackend backend, bool keepsMasks = false) => new(
        settings.Damping, SolverFactory.Create(backend, settings), new MaskedRefit(
            backend,
            settings.RefitSteps), new SparseGptSolver(backend, settings.BlockSize),
        settings.Quantization is { } quantization ? new Quantizer(backend, quantization, settings.BlockSize) : null,
        keepsMasks);
}
