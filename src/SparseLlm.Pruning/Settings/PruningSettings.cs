namespace SparseLlm.Pruning.Settings;

/// <summary>What the targets of a layer's least-squares problems are.</summary>
public enum TargetKind
{
    /// <summary>The dense weights' own outputs on the inputs that the pruned model gives them.</summary>
    Own,

    /// <summary>The dense model's outputs at that place, so that later matrices repair what earlier ones
    /// lost.</summary>
    Dense,
}

/// <summary>Among which weights Wanda's scores compete for the budget.</summary>
public enum ComparisonGroup
{
    /// <summary>All weights of the matrix.</summary>
    Matrix,

    /// <summary>The weights of an output row, as published: every row becomes equally sparse.</summary>
    Row,
}

/// <summary>Which form of SparseLLM.</summary>
public enum SparseLlmVariant
{
    /// <summary>Auxiliary variables fixed at the dense model's activations; every subproblem fed from the pruned
    /// stream.</summary>
    Coordinated,

    /// <summary>The schedule of the paper: alternating updates of weights and auxiliary variables in each
    /// MLP.</summary>
    Paper,
}

/// <summary>
/// Everything that decides how a model is pruned, besides how sparse it becomes. The defaults live here and nowhere
/// else;
/// <see cref="Preset"/> says which of them a preset changes, <see cref="Setting"/> how a user names them.
/// </summary>
public sealed record PruningSettings
{
    /// <summary>
    /// A method's settings before a user changes any. Methods other than SparseLLM are as published: they fit each
    /// matrix to its own outputs, from inputs taken before any matrix of the layer is pruned, and only ALPS refits.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="preset">A preset of SparseLLM; without effect on other methods.</param>
    public static PruningSettings For(PruningMethod method, Preset? preset = null)
    {
        var settings = new PruningSettings { Method = method };
        if (method == PruningMethod.SparseLlm)
        {
            return preset?.Apply(settings) ?? settings;
        }

        return settings with
        {
            Solver = method,
            Targets = TargetKind.Own,
            RefitSteps = method == PruningMethod.Alps ? settings.RefitSteps : 0,
            RowImportance = false,
            BiasRefit = false,
            Sequential = false,
        };
    }

    /// <summary>
    /// These settings with the defaults of a form of SparseLLM. That of the paper prunes by SparseGPT, fits every
    /// matrix to the dense weights' outputs, and makes four sweeps.
    /// </summary>
    public PruningSettings WithVariant(SparseLlmVariant variant) =>
        variant == SparseLlmVariant.Paper
            ? this with
            {
                Variant = variant,
                Solver = PruningMethod.SparseGpt,
                Targets = TargetKind.Own,
                RefitSteps = 0,
                RowImportance = false,
                BiasRefit = false,
                Sweeps = 4,
            }
            : this with { Variant = variant };

    /// <summary>Whether anything looks at calibration data.</summary>
    public bool NeedsCalibration()
        => Method != PruningMethod.Magnitude
            || Allocation != AllocationKind.Uniform
            || DropsExperts()
            || Quantization is not null;

    /// <summary>Whether all layers are tuned together once they are pruned; never after
    /// <see cref="PruningMethod.Magnitude"/>, which tunes nothing.</summary>
    public bool TunesTogether() => GlobalEpochs > 0 && GlobalRate > 0 && Method != PruningMethod.Magnitude;

    /// <summary>Whether experts are dropped.</summary>
    public bool DropsExperts() => ExpertsKept < 1;

    /// <summary>The method.</summary>
    public PruningMethod Method { get; init; } = PruningMethod.SparseLlm;

    /// <summary>The solver for each matrix's subproblem; the method itself, where that is not SparseLLM.</summary>
    public PruningMethod Solver { get; init; } = PruningMethod.Alps;

    /// <summary>What each matrix is fitted to.</summary>
    public TargetKind Targets { get; init; } = TargetKind.Dense;

    /// <summary>Which form of SparseLLM.</summary>
    public SparseLlmVariant Variant { get; init; } = SparseLlmVariant.Coordinated;

    /// <summary>
    /// Whether the inputs of each matrix are taken after the matrices before it in the same layer are pruned, or all
    /// before any is.
    /// </summary>
    public bool Sequential { get; init; } = true;

    /// <summary>Added to the diagonal of a Gram matrix, as a share of its mean.</summary>
    public double Damping { get; init; } = 0.01;

    /// <summary>Among which weights Wanda's scores compete.</summary>
    public ComparisonGroup Comparison { get; init; } = ComparisonGroup.Matrix;

    /// <summary>Columns per block of the OBS sweep.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>Steps of conjugate gradients on the final support; 0 for none.</summary>
    public int RefitSteps { get; init; } = 30;

    /// <summary>Whether rows that the model depends on more get more of the weight budget.</summary>
    public bool RowImportance { get; init; } = true;

    /// <summary>Whether biases are fitted along with the weights.</summary>
    public bool BiasRefit { get; init; } = true;

    /// <summary>How the weight budget is spread over the tensors; without effect on N:M patterns and on tensors under a
    /// rule.</summary>
    public AllocationKind Allocation { get; init; } = AllocationKind.Uniform;

    /// <summary>
    /// Sweeps over the auxiliary variables of each MLP (Bai et al. 2024). In the variant of the paper, the first one
    /// only prunes.
    /// </summary>
    public int Sweeps { get; init; }

    /// <summary>Penalty of the MLP's pre-activations in a sweep; null for the published one, 0.1 for ReLU and 5 for
    /// gated models.</summary>
    public double? Alpha { get; init; }

    /// <summary>Penalty of the MLP's output in a sweep; null as in <see cref="Alpha"/>.</summary>
    public double? Beta { get; init; }

    /// <summary>Penalty of the MLP's hidden activations in a sweep; null as in <see cref="Alpha"/>.</summary>
    public double? Gamma { get; init; }

    /// <summary>Passes over the calibration windows that tune each pruned layer towards the dense layer's outputs; 0
    /// for none.</summary>
    public int TuningEpochs { get; init; }

    /// <summary>The highest learning rate of tuning; distillation starts from half of it.</summary>
    public double TuningRate { get; init; } = 2e-3;

    /// <summary>Passes that tune the last layer and the final norm towards the dense model's predictions; 0 for
    /// none.</summary>
    public int DistillationEpochs { get; init; }

    /// <summary>Passes over the calibration windows that tune all layers together towards the dense model's predictions,
    /// once they are pruned; 0 for none.</summary>
    public int GlobalEpochs { get; init; }

    /// <summary>The highest learning rate of these.</summary>
    public double GlobalRate { get; init; } = 5e-4;

    /// <summary>The share of tokens that the dense model draws anew for every two of these.</summary>
    public double GlobalResampling { get; init; } = 0.3;

    /// <summary>
    /// Whether a part of the calibration windows is held back from all fits, to tell whether a layer is better off with
    /// SparseGPT's solution, or without its tuning. Without effect where matrices are fitted to their own outputs.
    /// </summary>
    public bool Guard { get; init; } = true;

    /// <summary>The share of the experts of each mixture that is kept, at least as many as a token goes through; the
    /// others are dropped before anything is pruned.</summary>
    public double ExpertsKept { get; init; } = 1;

    /// <summary>How the weights that are left are quantised; null where they are not.</summary>
    public Quantization? Quantization { get; init; }

    /// <summary>Whether layers are guarded, if there are windows to hold back.</summary>
    internal bool IsGuarded => Guard && Method == PruningMethod.SparseLlm && Targets == TargetKind.Dense;

    /// <summary>Whether anything is tuned.</summary>
    internal bool IsTuned => TuningEpochs + DistillationEpochs > 0;
}
