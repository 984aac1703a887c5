using System.Globalization;
using System.Text.RegularExpressions;
using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Reports;

/// <summary>A matrix's place in a model, from its name in the checkpoint.</summary>
/// <param name="Layer">Its decoder layer, from 0.</param>
/// <param name="Kind">What it is there, such as <c>q_proj</c>.</param>
internal sealed partial record MatrixName(int Layer, string Kind)
{
    /// <summary>The matrices of decoder layers, with their places.</summary>
    public static IReadOnlyList<(MatrixName Name, TensorReport Tensor)> Place(IEnumerable<TensorReport> tensors) =>
        [.. tensors.Select(tensor => (Name: Parse(tensor.Name), Tensor: tensor)).Where(placed => placed.Name is not null).Select(placed => (placed.Name!, placed.Tensor))];

    private static MatrixName? Parse(string name) => Syntax().Match(name) is { Success: true } match
        ? new MatrixName(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), match.Groups[2].Value)
        : null;

    [GeneratedRegex(@"^[^0-9]*?\.([0-9]{1,6})\.(?:.*\.)?([^.]+)\.weight$")]
    private static partial Regex Syntax();
}
