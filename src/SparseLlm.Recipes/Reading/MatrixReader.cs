using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>matrix</c>: one draft per combination of values, with the values as its name.</summary>
internal sealed class MatrixReader(ReadingContext context, PatternReader patterns, DraftReader drafts)
{
    /// <summary>
    /// The combinations. The order of axes is method, preset, then sparsity or pattern, whatever the order in the file, so
    /// that moving a line does not rename artifacts; the last axis varies fastest.
    /// </summary>
    /// <param name="section">The matrix.</param>
    /// <param name="name">The name of the artifact that it expands.</param>
    /// <param name="draft">What the combinations have in common.</param>
    public IReadOnlyList<(string Name, ArtifactDraft Draft)> Read(Section section, string name, ArtifactDraft draft)
    {
        section.AllowOne(MatrixKeys.Sparsity, MatrixKeys.Pattern);
        IReadOnlyList<(string Name, ArtifactDraft Draft)>?[] axes =
        [
            Axis(section, MatrixKeys.Method, node => drafts.Method(node) is { } method ? (EnumNames.Of(method), new() { Method = method }) : null),
            Axis(section, MatrixKeys.Preset, node => drafts.Preset(node) is { } preset ? (preset.Name, new() { Preset = preset }) : null),
            Axis(section, MatrixKeys.Sparsity, node => patterns.Sparsity(node) is { } sparsity ? (sparsity.ToString(), new() { Pattern = sparsity }) : null),
            Axis(section, MatrixKeys.Pattern, node => patterns.Pattern(node) is { } pattern ? (pattern.ToString().Replace(':', '-'), new() { Pattern = pattern }) : null),
        ];
        if (axes.All(axis => axis is null))
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, section.Owner, $"'matrix' has no values; list some under {string.Join(", ", MatrixKeys.All.Names)}");

        IReadOnlyList<(string Name, ArtifactDraft Draft)> start = [(name, draft)];
        return axes.OfType<IReadOnlyList<(string Name, ArtifactDraft Draft)>>().Aggregate(start, Combine);
    }

    private static IReadOnlyList<(string Name, ArtifactDraft Draft)> Combine(
        IReadOnlyList<(string Name, ArtifactDraft Draft)> outer, IReadOnlyList<(string Name, ArtifactDraft Draft)> inner) =>
        [.. from a in outer from b in inner select ($"{a.Name}-{b.Name}", b.Draft.Over(a.Draft))];

    private List<(string Name, ArtifactDraft Draft)>? Axis(Section section, RecipeKey key, Func<YamlNode, (string Name, ArtifactDraft Draft)?> read)
    {
        if (section.Entry(key) is not { } entry) return null;
        if (entry.Value is YamlSequence { Items.Count: 0 })
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, entry.Value.Location, $"'{key.Name}' is an empty list; name at least one value, or remove it");

        var values = new List<(string Name, ArtifactDraft Draft)>();
        foreach (YamlNode item in context.Items(entry))
        {
            if (read(item) is not { } value) continue;
            if (values.Exists(other => other.Name == value.Name))
                context.Diagnostics.Add(RecipeDiagnostics.DuplicateArtifact, item.Location, $"'{value.Name}' is listed twice; remove one");
            else
                values.Add(value);
        }

        return values;
    }
}
