using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Pipeline.Reports.Masks;

namespace SparseLlm.Pipeline.Reports.Sections;

/// <summary>Where in each matrix the weights are that were kept.</summary>
internal static class MasksSection
{
    private const double Steps = 10;

    private static readonly Table Densities = new(
        "Kept weights of every matrix",
        "Matrix",
        "Kept#",
        "Emptiest cell#",
        "Fullest cell#",
        "Cells#");

    /// <summary>The section; nothing where everything was kept.</summary>
    public static Section Of(ArtifactManifest manifest)
    {
        (MatrixName Name, TensorReport Tensor)[] drawn = [.. MatrixName.Place(manifest.Tensors
            .Where(tensor => tensor.Mask is not null && !manifest.IsOnlyQuantized))];
        return new Section("masks", "Masks", drawn.Length == 0 ? Html.Empty : Content(drawn));
    }

    private static Html Content((MatrixName Name, TensorReport Tensor)[] drawn)
    {
        double most = drawn.Max(matrix => matrix.Tensor.Mask!.Most);
        var image = new MaskImage(Math.Max(Math.Ceiling(most * Steps), 1) / Steps);
        return Html.Of($"""
            <p>The share of weights that were kept in each part of a matrix: outputs from top to bottom, inputs from left to right, the longer side always equally long. The colours are the same in all pictures.</p>
            {image.Legend()}{drawn.GroupBy(matrix => matrix.Name.Layer).OrderBy(layer => layer.Key).Select(layer => Layer(layer.Key, layer, image))}<details>
            <summary>The same as a table</summary>
            {Densities.With(drawn.Select(matrix => Row(matrix.Tensor)))}</details>

            """);
    }

    private static Html Layer(
        int layer,
        IEnumerable<(MatrixName Name, TensorReport Tensor)> matrices,
        MaskImage image) => Html.Of($"""
        <h3>Layer {layer}</h3>
        <ul class="masks">
        {matrices.Select(matrix => Matrix(matrix.Name, matrix.Tensor, image))}</ul>

        """);

    private static Html Matrix(MatrixName name, TensorReport tensor, MaskImage image)
    {
        string kept = Figures.Share(1 - tensor.Sparsity);
        string description = string.Create(CultureInfo.InvariantCulture,
            $"layer {name.Layer}, {name.Kind}: {kept} kept, {Figures.Share(tensor.Mask!.Least)} to "
            + $"{Figures.Share(tensor.Mask.Most)} in its parts");
        return Html.Of($"<li>{image.Draw(tensor.Mask, tensor.Shape, description)}<span>{name.Kind}</span><span>{kept}</span></li>\n");
    }

    private static Html[] Row(TensorReport tensor) =>
    [
        tensor.Name, Figures.Share(1 - tensor.Sparsity), Figures.Share(tensor.Mask!.Least), Figures.Share(
            tensor.Mask.Most),
        Html.Of($"{tensor.Mask.Rows} × {tensor.Mask.Columns}"),
    ];
}
