using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;

namespace SparseLlm.Pipeline.Reports.Provenance;

/// <summary>How sparse each matrix was to become, as a recipe says it.</summary>
/// <param name="Default">What holds where no rule does, exactly: <c>0.7</c> or <c>2:4</c>.</param>
/// <param name="Rules">The exceptions: a glob, and what holds of the matrices that it matches.</param>
internal sealed record PatternRules(string Default, IReadOnlyList<KeyValuePair<string, string>> Rules)
{
    /// <summary>The patterns of an artifact.</summary>
    public static PatternRules Of(ArtifactManifest manifest)
    {
        KeyValuePair<string, string>[] all = [.. manifest.Inputs.Layers.SelectMany(layer => layer.Patterns)];
        bool isSpread = all.Any(matrix => IsSpread(matrix.Value));
        string standard = all.Select(matrix => Plain(matrix.Value))
            .FirstOrDefault(pattern => Print(pattern) == manifest.Pattern) ?? manifest.Pattern;
        var rules = new List<KeyValuePair<string, string>>();
        foreach (IGrouping<string, KeyValuePair<string, string>> kind in all.GroupBy(matrix => Suffix(matrix.Key)))
        {
            KeyValuePair<string, string>[] exceptions = [.. kind.Where(
                matrix => Plain(matrix.Value) != standard || (isSpread && !IsSpread(matrix.Value)))];
            bool isShared = exceptions.Length > 1 && exceptions.Length == kind.Count()
                && exceptions.DistinctBy(matrix => matrix.Value).Count() == 1;
            rules.AddRange(isShared ? [new("*" + kind.Key, exceptions[0].Value)] : exceptions);
        }

        return new PatternRules(standard, rules);
    }

    /// <summary>A pattern as keys of a recipe.</summary>
    public static string Keys(string pattern) =>
        pattern == ArtifactInputs.Dense
            ? "keep: true"
            : IsGroups(pattern) ? $"pattern: \"{pattern}\"" : $"sparsity: {pattern}";

    /// <summary>Whether it is of the kind N:M.</summary>
    public static bool IsGroups(string pattern) => pattern.Contains(':');

    private static bool IsSpread(string pattern) => pattern.EndsWith(ArtifactInputs.Spread, StringComparison.Ordinal);

    private static string Plain(string pattern)
        => IsSpread(pattern) ? pattern[..^ArtifactInputs.Spread.Length] : pattern;

    /// <summary>As the manifest prints it.</summary>
    private static string Print(string pattern)
        => double.TryParse(pattern, NumberStyles.Float, CultureInfo.InvariantCulture,
        out double fraction)
        ? fraction.ToString("0.######", CultureInfo.InvariantCulture)
        : pattern;

    /// <summary>What the names of a matrix have in common in all layers: the last two parts.</summary>
    private static string Suffix(string name)
    {
        int end = name.LastIndexOf('.');
        int start = end <= 0 ? -1 : name.LastIndexOf('.', end - 1);
        return start < 0 ? name : name[start..];
    }
}
