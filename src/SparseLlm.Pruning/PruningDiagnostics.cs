using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning;

/// <summary>The diagnostics of pruning, calibration and evaluation.</summary>
public static class PruningDiagnostics
{
    /// <summary>A calibration or evaluation file cannot be read.</summary>
    public static readonly DiagnosticDescriptor UnreadableText = new("SLM3001", "a text cannot be read");

    /// <summary>A calibration text gives too few tokens.</summary>
    public static readonly DiagnosticDescriptor TextTooShort = new("SLM3002", "a text is too short");

    /// <summary>A sequence length that the model cannot take.</summary>
    public static readonly DiagnosticDescriptor SequenceTooLong = new(
        "SLM3003",
        "a sequence is longer than the model allows");

    /// <summary>N:M sparsity for a matrix whose width M does not divide.</summary>
    public static readonly DiagnosticDescriptor PatternDoesNotFit = new("SLM3004", "a pattern does not fit a tensor");

    /// <summary>NaN or infinity where numbers must be finite.</summary>
    public static readonly DiagnosticDescriptor NonFinite = new("SLM3005", "a value is not finite");

    /// <summary>A rule that no tensor matches.</summary>
    public static readonly DiagnosticDescriptor RuleMatchesNothing = new(
        "SLM3006",
        "a rule matches no tensor",
        Severity.Warning);

    /// <summary>A Gram matrix could not be factorised.</summary>
    public static readonly DiagnosticDescriptor NotFactorizable = new("SLM3007", "a Gram matrix cannot be factorised");

    /// <summary>A method needs calibration data and has none.</summary>
    public static readonly DiagnosticDescriptor CalibrationMissing = new("SLM3008", "calibration data is missing");

    /// <summary>Tuning is asked for without the dense model's activations to tune towards.</summary>
    public static readonly DiagnosticDescriptor TuningNeedsTargets = new(
        "SLM3010",
        "tuning needs targets from the dense model");

    /// <summary>A layer that an earlier run has pruned was there a moment ago, and is not any more.</summary>
    public static readonly DiagnosticDescriptor LayerLost = new("SLM3011", "a pruned layer has disappeared");

    /// <summary>What is beyond the memory budget cannot be kept in a file.</summary>
    public static readonly DiagnosticDescriptor CannotSpill = new(
        "SLM3012",
        "the memory budget is used up and there is no room on disk");

    /// <summary>A file that is named as a text and is none, or not one that its name says how to read.</summary>
    public static readonly DiagnosticDescriptor TextFormatUnsupported = new(
        "SLM3013",
        "a text format is not supported");

    /// <summary>A pointer of Git LFS in place of a text.</summary>
    public static readonly DiagnosticDescriptor TextNotFetched = new("SLM3014", "a text was not fetched from Git LFS");

    /// <summary>A sparsity so near to 1 that no weight of a matrix is left.</summary>
    public static readonly DiagnosticDescriptor NothingLeft = new("SLM3015", "a sparsity leaves nothing");

    /// <summary>Sweeps over auxiliary variables, for a model whose feed-forward blocks have no update for
    /// them.</summary>
    public static readonly DiagnosticDescriptor SweepsDoNotApply = new("SLM3016", "a method does not apply to a model");

    /// <summary>Experts are to be dropped from a model that has none, or too many of them.</summary>
    public static readonly DiagnosticDescriptor ExpertsCannotBeDropped = new("SLM3017", "experts cannot be dropped");

    /// <summary>Fewer calibration tokens than the weights that are tuned together can learn from.</summary>
    public static readonly DiagnosticDescriptor FewTokens = new(
        "SLM3018",
        "there are few tokens for tuning all layers together",
        Severity.Warning);

    /// <summary>A chat template that fails on a conversation or refuses it.</summary>
    public static readonly DiagnosticDescriptor ConversationRefused = new(
        "SLM3020",
        "a chat template does not take a conversation");

    /// <summary>Conversations for a model without a chat template.</summary>
    public static readonly DiagnosticDescriptor NoChatTemplate = new("SLM3021", "a model has no chat template");
}
