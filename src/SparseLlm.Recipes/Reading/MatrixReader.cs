using System.Globalization;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>matrix</c>: one draft per combination of values, with the values as its name.</summary>
internal sealed class MatrixReader(ReadingContext context, PatternReader patterns, DraftReader drafts)
{
    /// <summary>
    /// The combinations. The order of axes is method, preset, then sparsity or pattern, whatever the order in the file,
    /// so that moving a line does not rename artifacts; the last axis varies fastest.
    /// </summary>
    /// <param name="section">The matrix.</param>
    /// <param name="name">The name of the artifact that it expands.</param>
    /// <param name="draft">What the combinations have in common.</param>
    public IReadOnlyList<NamedDraft> Read(Section section, string name, ArtifactDraft draft)
    {
        section.AllowOne(MatrixKeys.Sparsity, MatrixKeys.Pattern);
        IReadOnlyList<NamedDraft>?[] axes =
        [
            Axis(section, MatrixKeys.Method, Method),
            Axis(section, MatrixKeys.Preset, Preset),
            Axis(section, MatrixKeys.Sparsity, node => Pattern(patterns.Sparsity(node))),
            Axis(section, MatrixKeys.Pattern, node => Pattern(patterns.Pattern(node))),
        ];
        if (axes.All(axis => axis is null))
        {
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, section.Owner,
                $"'matrix' has no values; list some under {string.Join(", ", MatrixKeys.All.Names)}");
        }

        IReadOnlyList<NamedDraft> start = [new(name, draft)];
        IReadOnlyList<NamedDraft>[] listed = [.. axes.OfType<IReadOnlyList<NamedDraft>>()];
        long count = listed.Aggregate(1L, (product, axis) => product * axis.Count);
        if (count <= ArtifactReader.MostArtifacts)
        {
            return listed.Aggregate(start, Combine);
        }

        context.Diagnostics.Add(RecipeDiagnostics.TooMany, section.Owner, string.Create(CultureInfo.InvariantCulture,
            $"this matrix has {count} combinations, and a recipe makes at most {ArtifactReader.MostArtifacts} "
            + $"artifacts; list fewer values"));
        return [];
    }

    private static IReadOnlyList<NamedDraft> Combine(
        IReadOnlyList<NamedDraft> outer,
        IReadOnlyList<NamedDraft> inner) =>
        [.. from a in outer from b in inner select new NamedDraft($"{a.Name}-{b.Name}", b.Draft.Over(a.Draft))];

    private NamedDraft? Method(YamlNode node) =>
        drafts.Method(node) is { } method ? new(EnumNames.Of(method), new() { Method = method }) : null;

    private NamedDraft? Preset(YamlNode node) =>
        drafts.Preset(node) is { } preset ? new(preset.Preset.Name, new() { Preset = preset }) : null;

    // A colon cannot stand in a folder name.
    private static NamedDraft? Pattern(SparsityPattern? pattern) =>
        pattern is null ? null : new(pattern.ToString()!.Replace(':', '-'), new() { Pattern = pattern });

    private IReadOnlyList<NamedDraft>? Axis(Section section, RecipeKey key, Func<YamlNode, NamedDraft?> read)
    {
        if (section.Entry(key) is not { } entry)
        {
            return null;
        }

        if (entry.Value is YamlSequence { Items.Count: 0 })
        {
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, entry.Value.Location,
                $"'{key.Name}' is an empty list; name at least one value, or remove it");
        }

        var values = new OrderedDictionary<string, NamedDraft>();
        foreach (YamlNode item in context.Items(entry))
        {
            if (read(item) is { } value && !values.TryAdd(value.Name, value))
            {
                context.Diagnostics.Add(
                    RecipeDiagnostics.DuplicateArtifact,
                    item.Location,
                    $"'{value.Name}' is listed twice; remove one");
            }
        }

        return values.Values;
    }
}
