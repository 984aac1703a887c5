using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>defaults</c> and <c>artifacts</c>: matrices expanded, defaults put in.</summary>
internal sealed class ArtifactReader
{
    /// <summary>Artifacts of one recipe. Each is a model that takes minutes at least, so that more of them are a
    /// mistake.</summary>
    public const int MostArtifacts = 1000;

    private readonly ReadingContext context;
    private readonly DraftReader drafts;
    private readonly MatrixReader matrices;
    private readonly OrderedDictionary<string, ArtifactRecipe> artifacts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<SettingChoice, List<PruningSettings>> uses = [];
    private readonly Dictionary<PresetChoice, List<PruningMethod>> presets = [];
    private readonly Dictionary<ExportTypes, bool> types = [];

    public ArtifactReader(ReadingContext context, IReadOnlySet<string>? perplexities)
    {
        this.context = context;
        var patterns = new PatternReader(context);
        drafts = new DraftReader(context, patterns, new GateReader(context, perplexities));
        matrices = new MatrixReader(context, patterns, drafts);
    }

    /// <summary>The artifacts, in the order of the file.</summary>
    /// <param name="recipe">What has <c>defaults</c>, if any, and <c>artifacts</c>.</param>
    public IReadOnlyList<ArtifactRecipe> Read(Section recipe)
    {
        YamlEntry? defaults = recipe.Entry(RecipeKeys.Defaults);
        Section? shared = defaults is null ? null : context.OpenOrEmpty(defaults, ArtifactKeys.Defaults);
        ArtifactDraft standard = shared is null ? new ArtifactDraft() : drafts.Read(shared);
        if (recipe.Entry(RecipeKeys.Artifacts) is not { } entry)
        {
            return [];
        }

        IReadOnlyList<YamlEntry> named = context.Named(entry, "name");
        if (named.Count == 0 && entry.Value is YamlMapping or { IsNull: true })
        {
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, entry.Key.Location,
                "'artifacts' is empty; add one, such as 'my-model-70: { sparsity: 0.7 }'");
        }

        bool sparsityMayBeShared = recipe.Means(RecipeKeys.Defaults) && (shared is null || HasPattern(shared));
        foreach (YamlEntry artifact in named)
        {
            Add(artifact, standard, sparsityMayBeShared);
        }

        if (artifacts.Count > MostArtifacts)
        {
            context.Diagnostics.Add(RecipeDiagnostics.TooMany, artifacts.GetAt(MostArtifacts).Value
                .Location, string.Create(CultureInfo.InvariantCulture,
                $"the recipe has {artifacts.Count} artifacts, and makes at most {MostArtifacts}; move those from here "
                + $"on to a recipe of their own"));
        }

        ReportSettingsWithoutEffect();
        return artifacts.Values;
    }

    private void Add(YamlEntry entry, ArtifactDraft standard, bool sparsityMayBeShared)
    {
        if (context.OpenOrEmpty(entry, ArtifactKeys.All) is not { } section)
        {
            return;
        }

        ArtifactDraft draft = drafts.Read(section).Over(standard);
        YamlEntry? axes = section.Entry(ArtifactKeys.Matrix);
        Section? matrix = axes is null ? null : context.Open(axes, MatrixKeys.All);
        if (axes is not null && matrix is null)
        {
            return;
        }

        if (!sparsityMayBeShared && !HasPattern(section) && !HasPattern(matrix))
        {
            string alone = draft.Quantization is null ? "" : ", or 'sparsity: 0' to quantise it and prune nothing";
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, entry.Key.Location,
                $"artifact '{entry.Name}' does not say how sparse; add 'sparsity: 0.7' or 'pattern: \"2:4\"' to it or "
                + $"to 'defaults'{alone}");
        }

        if (matrix is not null)
        {
            RejectFixedAxes(section, matrix);
        }

        IReadOnlyList<NamedDraft> made = matrix is null
            ? [new(entry.Name, draft)]
            : matrices.Read(matrix, entry.Name, draft);
        if (made.FirstOrDefault(one => ArtifactNames.Problem(one.Name) is not null) is { Name: var name })
        {
            context.Diagnostics
                .Add(RecipeDiagnostics.InvalidName, entry.Key.Location, $"'{name}' {ArtifactNames.Problem(name)}");
        }

        foreach (NamedDraft one in made)
        {
            Add(one.Name, one.Draft, entry.Key.Location);
        }
    }

    private void Add(string name, ArtifactDraft draft, SourceLocation location)
    {
        if (artifacts.TryGetValue(name, out ArtifactRecipe? twin))
        {
            context.Diagnostics.Add(RecipeDiagnostics.DuplicateArtifact, location,
                $"artifact '{name}' has the name of '{twin.Name}' on line {twin.Location.Line}; rename one, letter "
                + $"case makes no difference");
            return;
        }

        PruningSettings settings = draft.ToSettings();
        foreach (SettingChoice choice in draft.Settings)
        {
            if (!uses.TryGetValue(choice, out var users))
            {
                uses[choice] = users = [];
            }

            users.Add(settings);
        }

        if (draft.Preset is { } preset)
        {
            if (!presets.TryGetValue(preset, out var methods))
            {
                presets[preset] = methods = [];
            }

            methods.Add(settings.Method);
        }

        if (draft.Types is { } named)
        {
            types[named] = types.GetValueOrDefault(named) || draft.HasGguf == true;
        }

        // Without a valid pattern no recipe comes out, and what stands in for it is never seen.
        SparsityPattern pattern = draft.Pattern ?? new SparsityPattern.Unstructured(0);
        artifacts.Add(name, new ArtifactRecipe(
            name,
            pattern,
            settings,
            draft.Rules ?? [],
            draft.Gates ?? [],
            location)
        { Encoding = draft.Encoding ?? default, Gguf = draft.ToGguf() });
    }

    private void RejectFixedAxes(Section section, Section matrix)
    {
        RecipeKey[][] axes = [[ArtifactKeys.Method], [ArtifactKeys.Preset], [PatternKeys.Sparsity,
            PatternKeys.Pattern]];
        foreach (RecipeKey[] axis in axes.Where(axis => axis.Any(key => matrix.Entry(key) is not null)))
        {
            foreach (YamlEntry entry in axis.Select(section.Entry).OfType<YamlEntry>())
            {
                context.Diagnostics.Add(RecipeDiagnostics.Conflict, entry.Key.Location,
                    $"'{entry.Name}' stands both here and in 'matrix'; remove one of them");
            }
        }
    }

    private void ReportSettingsWithoutEffect()
    {
        foreach (var (choice, users) in uses.Where(use => !use.Value.Exists(use.Key.Setting.HasEffectOn)))
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.NoEffect,
                choice.Location,
                $"{choice.Setting.NoEffectOn(users.Select(settings => settings.Method).Distinct())}; remove it");
        }

        foreach (var (choice, methods) in presets.Where(use => !use.Value.Contains(PruningMethod.SparseLlm)))
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.NoEffect,
                choice.Location,
                $"the preset '{choice.Preset.Name}' has no effect on "
                    + $"{string.Join(", ", methods.Distinct().Select(EnumNames.Of))}, only on "
                    + $"{EnumNames.Of(PruningMethod.SparseLlm)}; remove it");
        }

        // What is mistyped may be the format.
        if (context.Diagnostics.Has(RecipeDiagnostics.UnknownChoice)
            || context.Diagnostics.Has(RecipeDiagnostics.UnknownKey))
        {
            return;
        }

        foreach ((ExportTypes unused, _) in types.Where(use => !use.Value))
        {
            context.Diagnostics.Add(RecipeDiagnostics.NoEffect, unused.Location,
                $"'{ExportKeys.Type.Name}' has no effect on safetensors files, which keep the checkpoint's type; add "
                + $"'{ExportKeys.Format.Name}: {ExportKeys.Gguf}', or remove it");
        }
    }

    private static bool HasPattern(Section? section) =>
        section is not null && (section.Means(PatternKeys.Sparsity) || section.Means(PatternKeys.Pattern));
}
