using SparseLlm.Pipeline.Artifacts;

namespace SparseLlm.Pipeline.Reports;

/// <summary>
/// Which artifacts of a recipe stand out: the best of those that meet their gates, and those to which no other is
/// preferable in size and perplexity together. The size is the compressed one; what has none stands out in nothing.
/// </summary>
internal sealed class Ranking
{
    /// <summary>The marks in words.</summary>
    public const string Meaning =
        Best + ": the smallest, compressed, of those that meet all of their gates. " + Pareto
            + ": none that is as small has a lower perplexity. "
            + "Sizes that differ by less than 1 % count as equal; then the lower perplexity decides.";

    private const string Best = "★\u00A0best";
    private const string Pareto = "◆\u00A0Pareto";
    private const double SameSize = 1.01;

    private readonly ArtifactResult[] sized;
    private readonly ArtifactResult? best;

    /// <summary>Compares the artifacts of a recipe.</summary>
    public Ranking(IEnumerable<ArtifactResult> results)
    {
        sized = [.. results.Where(result => result.Manifest is { Size.Compressed: not null, Perplexity.Count: > 0 })];
        ArtifactResult[] good = [.. sized.Where(
            result => result.Gates.Count > 0 && result.Gates.All(gate => gate.IsMet))];
        best = good.Where(result => good.All(other => IsAsSmall(result, other)))
            .MinBy(result => result.Manifest!.Perplexity.Values.Average(report => report.Increase));
    }

    /// <summary>Whether any artifact has a mark: one alone is the best of nothing.</summary>
    public bool HasMarks => sized.Length > 1;

    /// <summary>The marks of an artifact on a text.</summary>
    public string Marks(ArtifactResult result, string text) =>
        HasMarks ? string.Join(
            ", ",
            (string[])[.. result == best ? [Best] : (string[])[], .. IsOnFront(result, text) ? [Pareto] : (string[])[]])
                : "";

    private bool IsOnFront(ArtifactResult result, string text) =>
        sized.Contains(result) && double.IsFinite(result.Manifest!.Perplexity[text].Pruned)
            && !sized.Any(other => IsPreferable(other, result, text));

    private static bool IsPreferable(ArtifactResult one, ArtifactResult other, string text)
    {
        (PerplexityReport? a, PerplexityReport? b) = (one.Manifest!.Perplexity.GetValueOrDefault(text), other.Manifest!
            .Perplexity
            .GetValueOrDefault(text));
        return a is not null && b is not null
            && ((a.Pruned < b.Pruned && IsAsSmall(one, other)) || (a.Pruned <= b.Pruned && !IsAsSmall(other, one)));
    }

    private static bool IsAsSmall(ArtifactResult one, ArtifactResult other)
        => Compressed(one) <= Compressed(other) * SameSize;

    private static long Compressed(ArtifactResult result) => result.Manifest!.Size!.Compressed!.Bytes;
}
