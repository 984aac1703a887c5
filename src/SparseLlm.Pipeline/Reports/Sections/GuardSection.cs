using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>What held-back calibration windows decided: whether SparseGPT's weights or tuning made a layer
/// better.</summary>
internal static class GuardSection
{
    private static readonly Table Decisions = new(
        "Decisions on held-back calibration windows",
        "Layer",
        "Change",
        "Loss without#",
        "Loss with#",
        "Decision");

    /// <summary>The section.</summary>
    public static Section Of(ArtifactManifest manifest)
        => new("guard", "Guard", manifest.Guards is { Count: > 0 } guards
        ? Html.Of($"""
            <p>Calibration windows that were held back decided on {guards.Count} changes to pruned layers, of which {guards.Count(guard => guard.IsTaken)} were taken: a change stays if the layer's outputs on those windows come closer to the dense layer's. The loss is the squared distance from them as a share of their variance; that of distillation is the divergence from the dense model's predictions.</p>
            {Decisions.With(guards.Select(Row))}
            """)
        : Html.Empty);

    private static Html[] Row(GuardReport guard) =>
    [
        Html.Of($"{guard.Layer}"), Meaning(guard.Change), Loss(guard.LossWithout), Loss(guard.LossWith), guard.IsTaken
            ? "taken"
            : "left",
    ];

    private static string Meaning(string change) => change == "sparsegpt" ? "weights of sparsegpt instead" : change;

    private static Html Loss(double? loss) => loss is null ? "not finite" : Figures.Error(loss);
}
