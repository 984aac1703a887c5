using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pruning;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Mixtures;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tuning.Global;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Requests;

/// <summary>One pruned model to make.</summary>
/// <param name="Name">Its name, for messages; null for a one-off prune.</param>
/// <param name="Settings">The method.</param>
/// <param name="Plan">How sparse each matrix becomes.</param>
/// <param name="Calibration">The calibration data, if the method looks at any.</param>
/// <param name="Perplexities">The texts to measure the result on.</param>
/// <param name="Output">The directory to write.</param>
internal sealed record PruneRequest(
    string? Name,
    PruningSettings Settings,
    SparsityPlan Plan,
    CalibrationSource? Calibration,
    IReadOnlyList<PerplexityText> Perplexities,
    string Output)
{
    /// <summary>What must hold of the result, for its report.</summary>
    public IReadOnlyList<GateRecipe> Gates { get; init; } = [];

    /// <summary>The commits of what the model and the calibration texts are from, by address of the hub; null where
    /// nothing is.</summary>
    public IReadOnlyDictionary<string, string>? Sources { get; init; }

    /// <summary>Who asked for it, for messages; null for the command line.</summary>
    public SourceLocation? Location { get; init; }

    /// <summary>How its weights are stored.</summary>
    public CheckpointEncoding Encoding { get; init; }

    /// <summary>The GGUF files to write in its directory, by how they store matrices: null as the dense model
    /// does.</summary>
    public IReadOnlyList<GgufElementType?> Gguf { get; init; } = [];

    /// <summary>The digests that its GGUF files must have, by type, because they are locked; null where they may be
    /// any.</summary>
    public IReadOnlyDictionary<string, LockedFiles>? LockedExports { get; init; }

    /// <summary>The digest that its files must have where they are not packed, because it is locked; null where it may
    /// be any.</summary>
    public string? LockedDigest { get; init; }

    /// <summary>What its files must be where they are packed, because they are locked; null where they may be
    /// any.</summary>
    public LockedFiles? LockedPacking { get; init; }

    /// <summary>Checks that it can be made of a model, as far as that is known before anything is computed.</summary>
    /// <exception cref="DiagnosticException">It cannot.</exception>
    public void Require(ModelDefinition model)
    {
        ModelPruner.Require(model, Settings, Plan, Location);
        if (!Settings.DropsExperts())
        {
            return;
        }

        ExpertSelection.Require(model, Settings.ExpertsKept, Location);
        if (Calibration is null)
        {
            throw PruningDiagnostics.CalibrationMissing.Error(
                Location,
                "which experts are dropped is decided by calibration data; give it a calibration text");
        }
    }

    /// <summary>What is probably a mistake, as far as that is known before anything is computed.</summary>
    /// <param name="dense">The dense model.</param>
    public IEnumerable<Diagnostic> Warnings(ModelDefinition dense)
    {
        ModelDefinition model = Settings.DropsExperts()
            ? ExpertSelection.WithFewerExperts(dense, Settings.ExpertsKept)
            : dense;
        foreach (SparsityRule rule in Plan.UnusedRules(model))
        {
            yield return PruningDiagnostics.RuleMatchesNothing.At(
                rule.Location,
                $"the rule '{rule.Match}' of '{DisplayName}' matches no weight that can be pruned; 'sparsellm inspect' "
                    + $"lists the tensors, and 'sparsellm explain SLM3006' says what parts of them are called");
        }

        if (Settings.TunesTogether() && Calibration is not null)
        {
            long tokens = Calibration.Settings.Tokens(model.MaximumLength);
            long weights = Plan.Kept(model, Settings.Quantization is not null);
            double least = GlobalTuning.LeastTokensPerWeight(Settings);
            if (tokens < least * weights)
            {
                yield return FewTokens(tokens, weights, least);
            }
        }
    }

    private Diagnostic FewTokens(long tokens, long weights, double least)
    {
        string end = Settings.Guard && Calibration!.Settings.Samples > 1
            ? "be undone in the end"
            : "nothing undoes that, since no windows are held back";
        string drawing = Settings.GlobalResampling > 0 ? "" : ", have tokens drawn anew (globalResampling)";
        return PruningDiagnostics.FewTokens.At(
            Location,
            string.Create(
                CultureInfo.InvariantCulture,
                $"'{DisplayName}' tunes {weights} weights together on {tokens} calibration tokens, "
                    + $"{(double)tokens / weights:0.####} for each; with fewer than {least} it may learn them by "
                    + $"heart, and {end}; use {Math.Ceiling(least * weights / tokens):0} times the samples{drawing}, "
                    + $"or leave out globalEpochs (the preset best instead of global)"));
    }

    /// <summary>Whether a recipe has named it, and its output after it.</summary>
    public bool IsNamed => Name is not null;

    /// <summary>What messages call it.</summary>
    public string DisplayName => Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Output));
}
