namespace SparseLlm.Pruning.Settings;

/// <summary>A named choice of settings: how much time to give for how much quality.</summary>
public sealed record Preset(string Name, string Description, Func<PruningSettings, PruningSettings> Apply)
{
    /// <summary>All presets, the fastest first.</summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("fast", "SparseGPT inside, each matrix fitted to its own outputs.",
            settings => settings with
            {
                Solver = PruningMethod.SparseGpt,
                Targets = TargetKind.Own,
                RefitSteps = 0,
                RowImportance = false,
                BiasRefit = false,
            }),
        new("balanced", "ALPS inside, fitted to the dense model's activations. The default.", settings => settings),
        new("best", "Balanced, with the budget spread by measured errors, each layer tuned as a whole, and the last "
            + "one towards the dense model's predictions.",
            Best),
        new("global", "Best, with all layers tuned together in the end.",
            settings => Best(settings) with { GlobalEpochs = 15 }),
    ];

    private static PruningSettings Best(PruningSettings settings)
        => settings with { Allocation = AllocationKind.Error, TuningEpochs = 4, DistillationEpochs = 4 };

    /// <summary>The preset that settings are, in which only experts may be dropped besides; null where they are
    /// none.</summary>
    public static Preset? Of(PruningSettings settings) => settings.Method == PruningMethod.SparseLlm
        ? All.FirstOrDefault(preset => PruningSettings.For(PruningMethod.SparseLlm, preset)
            == settings with { ExpertsKept = 1 })
        : null;

    /// <summary>The preset of that name, or null.</summary>
    public static Preset? Find(string name) => All.FirstOrDefault(preset => preset.Name == name);
}
