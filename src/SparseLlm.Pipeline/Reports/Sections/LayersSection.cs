using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Charts;
using SparseLlm.Pipeline.Reports.Markup;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>The error and the sparsity of every matrix, by decoder layer.</summary>
internal sealed class LayersSection
{
    private readonly IReadOnlyList<TensorReport> tensors;
    private readonly IReadOnlyList<(MatrixName Name, TensorReport Tensor)> placed;
    private readonly string error;
    private readonly ArtifactManifest manifest;

    private LayersSection(ArtifactManifest manifest)
    {
        tensors = manifest.Tensors;
        placed = MatrixName.Place(tensors);
        error = RelativeErrors.NameOf(manifest);
        this.manifest = manifest;
    }

    /// <summary>The section.</summary>
    public static Section Of(ArtifactManifest manifest)
    {
        var section = new LayersSection(manifest);
        return new Section("layers", "Layers", Html.Of($"{section.Errors()}{section.Sparsities()}"));
    }

    private Html Errors()
    {
        Series[] series = SeriesOf(tensor => tensor.RelativeError, error => Figures.Error(error));
        if (series.Length == 0)
        {
            return Html.Empty;
        }

        Point[] points = [.. series.SelectMany(one => one.Points)];
        var frame = new Frame(
            "decoder layer", error, Scale.Whole(points.Min(point => point.X), points.Max(point => point.X)),
            Scale.Linear([0, .. points.Select(point => point.Y)]), "0", "0.###");
        return Figure.Of(
            $"{Capitalized(error)}: how far each matrix's outputs are from their targets on the calibration tokens, ‖T "
            + $"− Y‖ / ‖T‖",
            new LineChart(frame, series).Draw(
                string.Create(CultureInfo.InvariantCulture,
                    $"{Capitalized(error)} by decoder layer, a line for each of "
                    + $"{series.Length} matrices. Highest: {points.MaxBy(point => point.Y).Label}.")),
            Pivot());
    }

    private Html Sparsities()
    {
        Series[] series = SeriesOf(tensor => tensor.Sparsity, Figures.Share);
        Html table = new Table(
            $"Every {Treatment.Of(manifest)} matrix",
            "Matrix",
            "Outputs#",
            "Inputs#",
            "Asked for#",
            "Zeros#",
            Capitalized(error) + "#").With(tensors.Select(tensor => (Html[])
        [
            tensor.Name, Figures.Count(tensor.Shape[0]), Figures.Count(tensor.Shape[1]),
            Treatment.AskedFor(manifest, tensor), Figures.Share(tensor.Sparsity), Figures.Error(tensor.RelativeError),
        ]));
        if (series.Length == 0 || manifest.IsOnlyQuantized)
        {
            return table;
        }

        double[] values = [.. series.SelectMany(one => one.Points).Select(point => point.Y)];
        return Figure.Of(
            "How much of each matrix is zero",
            new BarChart("decoder layer", "sparsity", "0 %", series).Draw(
                $"Sparsity by decoder layer, a bar for each matrix, from {Figures.Share(values.Min())} to "
                + $"{Figures.Share(values.Max())}.", atLeast: 1),
            table);
    }

    /// <summary>A series for each matrix of a layer, with a point for each layer.</summary>
    private Series[] SeriesOf(Func<TensorReport, double?> measure, Func<double, string> print) =>
    [
        .. placed
            .Select(matrix => (matrix.Name, Value: measure(matrix.Tensor) ?? double.NaN))
            .Where(matrix => double.IsFinite(matrix.Value))
            .GroupBy(matrix => matrix.Name.Kind)
            .Select(kind => new Series(kind.Key, [.. kind.OrderBy(matrix => matrix.Name.Layer)
                .Select(matrix => new Point(
                    matrix.Name.Layer, matrix.Value, FormattableString.Invariant(
                        $"layer {matrix.Name.Layer}, {kind.Key}: {print(matrix.Value)}")))])),
    ];

    private static string Capitalized(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>The errors, a row for each layer and a column for each of its matrices.</summary>
    private Html Pivot()
    {
        string[] kinds = [.. placed.Select(matrix => matrix.Name.Kind).Distinct()];
        var table = new Table(
            $"{Capitalized(error)} by decoder layer and matrix",
            ["Layer", .. kinds.Select(kind => kind + "#")]);
        return table.With(placed.GroupBy(matrix => matrix.Name.Layer).OrderBy(layer => layer.Key)
            .Select(layer => (Html[])
                [
                    Html.Of($"{layer.Key}"),
                    .. kinds.Select(kind => (Html)Figures.Error(
                        layer.FirstOrDefault(matrix => matrix.Name.Kind == kind).Tensor?.RelativeError)),
                ]));
    }
}
