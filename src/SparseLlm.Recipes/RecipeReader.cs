using System.Globalization;
using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Reading;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes;

/// <summary>Reads <c>pruning.yaml</c>.</summary>
public sealed class RecipeReader
{
    private readonly string path;
    private readonly NuGetVersion toolVersion;
    private readonly DiagnosticBag diagnostics;
    private readonly ReadingContext context;

    private RecipeReader(string path, NuGetVersion toolVersion, DiagnosticBag diagnostics)
    {
        this.path = Path.GetFullPath(path);
        this.toolVersion = toolVersion;
        this.diagnostics = diagnostics;
        var files = new RecipeFiles(Path.GetDirectoryName(this.path)!, diagnostics);
        context = new ReadingContext(diagnostics, new ScalarReader(diagnostics), files);
    }

    /// <summary>
    /// Reads, checks and resolves a recipe. Every mistake in it is found in one run; use
    /// <see cref="RecipeReading.Require"/> to turn mistakes into an exception.
    /// </summary>
    /// <param name="path">The recipe file; diagnostics name it as given here.</param>
    /// <param name="toolVersion">The version of the running tool, which the recipe may constrain.</param>
    public static RecipeReading Read(string path, NuGetVersion toolVersion)
    {
        var diagnostics = new DiagnosticBag();
        Recipe? recipe = RecipeText.Read(path, diagnostics) is { } text
            && YamlDocument.Parse(path, text, diagnostics) is { } root
            ? new RecipeReader(path, toolVersion, diagnostics).Read(root)
            : null;
        return new RecipeReading(diagnostics.HasErrors ? null : recipe, diagnostics.InFileOrder);
    }

    private Recipe? Read(YamlNode root)
    {
        SourceLocation beginning = root is YamlMapping { Entries: [var first, ..] }
            ? first.Key.Location
            : root.Location;
        if (Section.Open("the recipe", beginning, root, RecipeKeys.All, diagnostics) is not { } section)
        {
            return null;
        }

        CheckVersion(section);
        VersionRange? requires = Requires(section);
        var (model, written, modelLocation) = Model(section);

        var texts = new TextSourceReader(context);
        CalibrationSource? calibration = section.Entry(RecipeKeys.Calibration) is { } data
            ? new CalibrationReader(context, texts).Read(data)
            : null;
        IReadOnlyList<PerplexityText>? perplexities = section.Entry(RecipeKeys.Evaluation) is { } evaluation
            ? new EvaluationReader(context, texts).Read(evaluation)
            : section.Means(RecipeKeys.Evaluation) ? null : [];
        var (engine, memory) = section.Entry(RecipeKeys.Engine) is { } computing
            ? new EngineReader(context).Read(computing)
            : (new EngineChoice(), null);
        SlurmChoice? slurm = section.Entry(RecipeKeys.Executor) is { } executor
            ? new ExecutorReader(context).Read(executor)
            : null;

        section.Require(RecipeKeys.Artifacts);
        HashSet<string>? measured = perplexities?.Select(perplexity => perplexity.Name).ToHashSet();
        IReadOnlyList<ArtifactRecipe> artifacts = new ArtifactReader(context, measured)
            .Read(section);
        CheckCalibration(section, artifacts);

        return new Recipe(
            path,
            requires,
            model,
            modelLocation,
            calibration,
            perplexities ?? [],
            artifacts,
            engine,
            memory)
        {
            Globs = [.. context.Files.Globs],
            Slurm = slurm,
            ModelAsWritten = written,
        };
    }

    private void CheckVersion(Section section)
    {
        if (section.Require(RecipeKeys.Version) is not { } node)
        {
            return;
        }

        if (context.Scalars.Integer(RecipeKeys.Version, node) is not { } version)
        {
            return;
        }

        if (version != RecipeKeys.SupportedVersion)
        {
            diagnostics.Add(RecipeDiagnostics.UnsupportedVersion, node.Location,
                string.Create(CultureInfo.InvariantCulture,
                $"recipe version {version} is unknown to this tool ({toolVersion}); write 'version: "
                + $"{RecipeKeys.SupportedVersion}', or use a newer tool"));
        }
    }

    private VersionRange? Requires(Section section)
    {
        if (section.Find(RecipeKeys.Requires) is not { } node)
        {
            return null;
        }

        if (context.Scalars.Text(RecipeKeys.Requires.Name, node) is not { } text)
        {
            return null;
        }

        if (!VersionRange.TryParse(text, out VersionRange? range))
        {
            diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                $"'{text}' is not a version range; write one such as \"[0.1,1.0)\"");
        }
        else if (!range.Satisfies(toolVersion))
        {
            diagnostics.Add(RecipeDiagnostics.RequirementNotMet, node.Location,
                $"the recipe requires tool version {text}, this is {toolVersion}; use a tool of that version, or "
                + $"change 'requires'");
        }

        return range;
    }

    private (string Path, string Written, SourceLocation Location) Model(Section section)
    {
        if (section.Require(RecipeKeys.Model) is not { } node)
        {
            return ("", "", section.Owner);
        }

        string? text = context.Scalars.Text(RecipeKeys.Model.Name, node);
        string? model = text is null ? null : context.Files.Model(text, node.Location);
        return (model ?? "", text ?? "", node.Location);
    }

    private void CheckCalibration(Section section, IReadOnlyList<ArtifactRecipe> artifacts)
    {
        // What is mistyped may be the method that needs none.
        if (section.Means(RecipeKeys.Calibration) || diagnostics.Has(RecipeDiagnostics.UnknownChoice)
            || diagnostics.Has(RecipeDiagnostics.UnknownKey))
        {
            return;
        }

        ArtifactRecipe? artifact = artifacts.FirstOrDefault(artifact => artifact.Settings.NeedsCalibration());
        if (artifact is null)
        {
            return;
        }

        diagnostics.Add(RecipeDiagnostics.CalibrationMissing, artifact.Location,
            $"artifact '{artifact.Name}' is pruned by "
            + $"{EnumNames.Of(artifact.Settings.Method)}{Reason(artifact.Settings)}, which needs calibration data; "
            + "add 'calibration: { text: ... }'"
            + (MayDoWithout(artifact.Settings) ? ", or use method magnitude" : ""));

        static bool MayDoWithout(PruningSettings settings)
            => !settings.DropsExperts() && settings.Quantization is null;

        static string Reason(PruningSettings settings) =>
            settings.DropsExperts()
                ? " and drops experts"
                : settings.Quantization is not null ? " and quantised"
                : settings.Allocation == AllocationKind.Uniform ? "" : " with an unequal allocation";
    }
}
