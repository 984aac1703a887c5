namespace SparseLlm.Pruning.Settings;

/// <summary>
/// A method setting as a user names it: under <c>settings:</c> in a recipe and in <c>--set name=value</c>. The recipe
/// reader, the command line, the schema, keys and reports all work from <see cref="All"/>.
/// </summary>
public abstract class Setting
{
    private static readonly PruningMethod[] SparseLlmAlone = [PruningMethod.SparseLlm];
    private static readonly PruningMethod[] AllThatFit =
        [.. Enum.GetValues<PruningMethod>().Where(method => method != PruningMethod.Magnitude)];

    private protected Setting(string name, string description) => (Name, Description) = (name, description);

    /// <summary>The name, in camel case.</summary>
    public string Name { get; }

    /// <summary>What it does, in a sentence.</summary>
    public string Description { get; }

    /// <summary>The values it takes, if they are names.</summary>
    public virtual IReadOnlyList<string> Choices => [];

    /// <summary>The methods that look at it.</summary>
    public IReadOnlyList<PruningMethod> Methods { get; internal init; } = Enum.GetValues<PruningMethod>();

    /// <summary>Whether the errors that <see cref="AllocationKind.Error"/> goes by depend on it, whatever the
    /// method.</summary>
    public bool ShapesMeasuredErrors { get; internal init; }

    /// <summary>Whether the passes that tune all layers together look at it, whatever the method.</summary>
    public bool GuardsPasses { get; internal init; }

    /// <summary>Whether it says what sparsellm consists of. Put into the settings of another method, it would make
    /// that method a different one.</summary>
    public bool IsPartOfSparseLlm { get; internal init; }

    /// <summary>Whether it decides the defaults of other settings, and so has to be applied before them.</summary>
    public bool ChangesDefaults { get; internal init; }

    /// <summary>Whether it is looked at only once all layers are pruned, so that it decides nothing of them.</summary>
    public bool IsGlobal { get; internal init; }

    /// <summary>What a valid value looks like, to end an error message with.</summary>
    public abstract string Expected { get; }

    /// <summary>Its value where a user says nothing; null for one that depends on the model.</summary>
    public SettingValue? Default => ValueIn(new PruningSettings());

    /// <summary>All settings.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new ChoiceSetting<PruningMethod>(
            "solver",
            "The solver for each matrix's subproblem inside sparsellm.",
            [PruningMethod.SparseGpt, PruningMethod.Admm, PruningMethod.Alps],
            s => s.Solver,
            (s, v) => s with { Solver = v })
        { Methods = SparseLlmAlone, IsPartOfSparseLlm = true },
        new ChoiceSetting<TargetKind>(
            "targets",
            "Fit each matrix to its own dense outputs (own) or to the dense model's activations (dense).",
            Enum.GetValues<TargetKind>(),
            s => s.Targets,
            (s, v) => s with { Targets = v })
        { Methods = AllThatFit },
        new ChoiceSetting<SparseLlmVariant>(
            "variant",
            "The form of sparsellm: coordinated (two activation streams) or paper (the published schedule).",
            Enum.GetValues<SparseLlmVariant>(),
            s => s.Variant,
            (s, v) => s.WithVariant(v))
        { Methods = SparseLlmAlone, IsPartOfSparseLlm = true, ChangesDefaults = true },
        new BooleanSetting(
            "sequential",
            "Take the inputs of each matrix after the matrices before it in the layer are pruned.",
            s => s.Sequential,
            (s, v) => s with { Sequential = v })
        { Methods = AllThatFit },
        new NumberSetting<double>(
            "damping",
            "Added to the diagonal of each Gram matrix, as a share of its mean.",
            0,
            1,
            s => s.Damping,
            (s, v) => s with { Damping = v })
        { Methods = AllThatFit, ShapesMeasuredErrors = true },
        new ChoiceSetting<ComparisonGroup>(
            "comparison",
            "Among which weights wanda's scores compete: the matrix, or each output row as published.",
            Enum.GetValues<ComparisonGroup>(),
            s => s.Comparison,
            (s, v) => s with { Comparison = v })
        { Methods = [PruningMethod.Wanda] },
        new NumberSetting<int>(
            "blockSize",
            "Columns per block of the OBS sweep.",
            1,
            1 << 20,
            s => s.BlockSize,
            (s, v) => s with { BlockSize = v })
        { Methods = [PruningMethod.SparseGpt, PruningMethod.SparseLlm], ShapesMeasuredErrors = true },
        new NumberSetting<int>(
            "refitSteps",
            "Conjugate gradient steps that refit the kept weights; 0 for none.",
            0,
            1000,
            s => s.RefitSteps,
            (s, v) => s with { RefitSteps = v })
        { Methods = AllThatFit },
        new BooleanSetting(
            "rowImportance",
            "Give more of the weight budget to rows that the model depends on more.",
            s => s.RowImportance,
            (s, v) => s with { RowImportance = v })
        { Methods = AllThatFit },
        new BooleanSetting(
            "biasRefit",
            "Fit biases along with the weights.",
            s => s.BiasRefit,
            (s, v) => s with { BiasRefit = v })
        { Methods = AllThatFit },
        new ChoiceSetting<AllocationKind>(
            "allocation",
            "Spread the weight budget evenly (uniform), by outliers of each decoder layer (owl), or by measured errors "
                + "(error).",
            Enum.GetValues<AllocationKind>(),
            s => s.Allocation,
            (s, v) => s with { Allocation = v }),
        new NumberSetting<int>(
            "sweeps",
            "Sweeps over the auxiliary variables of each MLP.",
            0,
            100,
            s => s.Sweeps,
            (s, v) => s with { Sweeps = v })
        { Methods = SparseLlmAlone, IsPartOfSparseLlm = true },
        Penalty(
            "alpha",
            "Penalty of the pre-activations in a sweep; as published unless given.",
            s => s.Alpha,
            (s, v) => s with { Alpha = v }),
        Penalty(
            "beta",
            "Penalty of the output in a sweep; as published unless given.",
            s => s.Beta,
            (s, v) => s with { Beta = v }),
        Penalty(
            "gamma",
            "Penalty of the hidden activations in a sweep; as published unless given.",
            s => s.Gamma,
            (s, v) => s with { Gamma = v }),
        new NumberSetting<int>(
            "tuningEpochs",
            "Passes over the calibration windows that tune each pruned layer towards the dense layer's outputs; 0 for "
                + "none.",
            0,
            1000,
            s => s.TuningEpochs,
            (s, v) => s with { TuningEpochs = v })
        { Methods = AllThatFit },
        new NumberSetting<double>(
            "tuningRate",
            "The highest learning rate of tuning; distillation starts from half of it.",
            0,
            1,
            s => s.TuningRate,
            (s, v) => s with { TuningRate = v })
        { Methods = AllThatFit },
        new NumberSetting<int>(
            "distillationEpochs",
            "Passes that tune the last layer and the final norm towards the dense model's predictions; 0 for none.",
            0,
            1000,
            s => s.DistillationEpochs,
            (s, v) => s with { DistillationEpochs = v })
        { Methods = AllThatFit },
        new NumberSetting<int>(
            "globalEpochs",
            "Passes over the calibration windows that tune all layers together towards the dense model's predictions, "
                + "once they are pruned; 0 for none.",
            0,
            1000,
            s => s.GlobalEpochs,
            (s, v) => s with { GlobalEpochs = v })
        { Methods = AllThatFit, IsGlobal = true },
        new NumberSetting<double>(
            "globalRate",
            "The highest learning rate of these passes.",
            0,
            1,
            s => s.GlobalRate,
            (s, v) => s with { GlobalRate = v })
        { Methods = AllThatFit, IsGlobal = true },
        new NumberSetting<double>(
            "globalResampling",
            "The share of tokens that the dense model draws anew for every two of these passes.",
            0,
            1,
            s => s.GlobalResampling,
            (s, v) => s with { GlobalResampling = v })
        { Methods = AllThatFit, IsGlobal = true },
        new BooleanSetting(
            "guard",
            "Hold back a sixteenth of the calibration windows, and keep what SparseGPT leaves of a layer, or the layer "
                + "or the model before tuning, where that does better on them.",
            s => s.Guard,
            (s, v) => s with { Guard = v })
        { Methods = SparseLlmAlone, GuardsPasses = true },
    ];

    /// <summary>Whether a prune with these settings looks at this one.</summary>
    public bool HasEffectOn(PruningSettings settings) =>
        (Methods.Contains(settings.Method) && !(NeedsPasses && settings.GlobalEpochs == 0))
        || (ShapesMeasuredErrors && settings.Allocation == AllocationKind.Error)
        || (GuardsPasses && settings.TunesTogether());

    /// <summary>Says that it has no effect on some methods, and on which it has one.</summary>
    public string NoEffectOn(IEnumerable<PruningMethod> methods) => NeedsPasses && methods.All(Methods.Contains)
        ? $"'{Name}' has no effect without globalEpochs"
        : $"'{Name}' has no effect on {Names(methods)}, only on {Names(Methods)}"
        + (ShapesMeasuredErrors ? ", and on any method with the allocation 'error'" : "")
        + (GuardsPasses ? ", and on any method with globalEpochs" : "");

    /// <summary>Whether it says how passes over all layers are made, and not how many.</summary>
    private bool NeedsPasses => IsGlobal && Name != "globalEpochs";

    /// <summary>The setting of that name, or null.</summary>
    public static Setting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);

    /// <summary>The value that a user has written, or null if it is not valid (see <see cref="Expected"/>).</summary>
    public abstract SettingValue? Parse(string text);

    /// <summary>The value in some settings; null for one that was not given and depends on the model.</summary>
    public abstract SettingValue? ValueIn(PruningSettings settings);

    /// <summary>Settings with values put in: first what decides the defaults of others, then the rest in
    /// order.</summary>
    public static PruningSettings Apply(PruningSettings settings, IEnumerable<SettingValue> values) =>
        values.OrderByDescending(value => value.Setting.ChangesDefaults)
            .Aggregate(settings, (current, value) => value.ApplyTo(current));

    /// <summary>What a user has to say to get some settings from those of their method; what decides the defaults of
    /// others comes first.</summary>
    public static IReadOnlyList<SettingValue> Changes(PruningSettings settings)
    {
        var start = PruningSettings.For(settings.Method);
        SettingValue[] deciding = [.. Differences(start).Where(value => value.Setting.ChangesDefaults)];
        return [.. deciding, .. Differences(Apply(start, deciding))];

        IEnumerable<SettingValue> Differences(PruningSettings other) => All
            .Select(setting => setting.ValueIn(settings))
            .OfType<SettingValue>()
            .Where(value => value != value.Setting.ValueIn(other));
    }

    /// <summary>Every setting that has a value by name, as a user would write it.</summary>
    public static IReadOnlyDictionary<string, string> Describe(PruningSettings settings) =>
        All.Select(setting => setting.ValueIn(settings))
            .OfType<SettingValue>()
            .ToDictionary(value => value.Setting.Name, value => value.Text);

    private static string Names(IEnumerable<PruningMethod> methods) =>
        string.Join(", ", methods.Select(method => method.ToString().ToLowerInvariant()));

    private static NumberSetting<double> Penalty(
        string name,
        string description,
        Func<PruningSettings, double?> get,
        Func<PruningSettings, double, PruningSettings> with) =>
        new(name, description, 0.001, 1000, get, with) { Methods = SparseLlmAlone, IsPartOfSparseLlm = true };
}
