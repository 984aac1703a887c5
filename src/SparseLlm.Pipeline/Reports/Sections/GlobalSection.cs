using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Charts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>How the loss went down while all layers were tuned together.</summary>
internal static class GlobalSection
{
    private static readonly Table Passes = new("Passes over all layers", "Pass#", "Loss#", "On held-back windows#");

    /// <summary>The section.</summary>
    public static Section Of(ArtifactManifest manifest) => new(
        "global",
        "All layers together",
        manifest.Global is { Epochs.Count: > 0 } global
            ? Html.Of($"""
                <p>All layers were tuned together. The loss is the divergence from the dense model's predictions, in nats a token. {KeptPass.Describe(global)}</p>
                {Chart(global)}
                """)
            : Html.Empty);

    private static Html Chart(GlobalReport global)
    {
        Series[] series = [.. new[]
        {
            Line("loss", global.Epochs.Select((epoch, index) => (index + 1, epoch.Loss))),
            Line("on held-back windows", [
                (0, global.HeldBackBefore),
                .. global.Epochs.Select((epoch, index) => (index + 1, epoch.HeldBackLoss))]),
        }.Where(line => line.Points.Count > 0)];
        Html table = Passes.With(Rows(global));
        if (series.Length == 0)
        {
            return table;
        }

        Point[] points = [.. series.SelectMany(line => line.Points)];
        var frame = new Frame(
            "pass", "divergence", Scale.Whole(0, global.Epochs.Count), Scale.Linear(
                [0, .. points.Select(point => point.Y)]), "0", "0.####");
        return Figure.Of(
            "Divergence from the dense model's predictions, in nats a token; less is better",
            new LineChart(frame, series).Draw(
                $"Divergence by pass over all layers. Lowest: {points.MinBy(point => point.Y).Label}."),
            table);
    }

    private static Series Line(string name, IEnumerable<(int Pass, double? Loss)> losses) => new(
        name,
        [.. losses.Where(entry => entry.Loss is not null).Select(entry => new Point(
            entry.Pass,
            entry.Loss!.Value,
            FormattableString.Invariant($"pass {entry.Pass}, {name}: {KeptPass.Loss(entry.Loss)}")))]);

    private static IEnumerable<Html[]> Rows(GlobalReport global) =>
    [
        ["before", "", KeptPass.Loss(global.HeldBackBefore)],
        .. global.Epochs.Select((epoch, index) => (Html[])[
            Figures.Count(index + 1), KeptPass.Loss(epoch.Loss), KeptPass.Loss(epoch.HeldBackLoss)]),
    ];
}
