using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>A matrix's place in a model, from its name in the checkpoint.</summary>
/// <param name="Layer">Its decoder layer, from 0.</param>
/// <param name="Kind">What it is there, such as <c>q_proj</c>.</param>
internal sealed partial record MatrixName(int Layer, string Kind)
{
    /// <summary>The matrices of decoder layers, with their places.</summary>
    public static IReadOnlyList<(MatrixName Name, TensorReport Tensor)> Place(IEnumerable<TensorReport> tensors) =>
        [.. tensors.Select(tensor => (Name: Parse(tensor.Name), Tensor: tensor))
            .Where(placed => placed.Name is not null)
            .Select(placed => (placed.Name!, placed.Tensor))];

    /// <summary>The place that a name tells of; null if it tells of none.</summary>
    public static MatrixName? Parse(string name) => Syntax().Match(name) is { Success: true } match
        ? new MatrixName(
            int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture),
            match.Groups["kind"].Value + Suffix(match.Groups["part"]))
        : null;

    private static string Suffix(Group part) => part is { Success: true, Length: > 0 } ? "." + part.Value : "";

    // The last word before .weight, and the part of a fused tensor; which expert it is does not count.
    [GeneratedRegex(
        @"^[^0-9]*?\.(?<layer>[0-9]{1,6})\.(?:.*\.)?"
        + @"(?!weight(?:\[|$))(?<kind>[^.\[]+)(?:\.weight)?(?:\[[0-9]*,?(?<part>[a-z]*)\])?$")]
    private static partial Regex Syntax();
}
