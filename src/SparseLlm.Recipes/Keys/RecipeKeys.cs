using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys at the top of a recipe.</summary>
internal static class RecipeKeys
{
    /// <summary>The version of the recipe format that this tool reads.</summary>
    public const int SupportedVersion = 1;

    public static RecipeKey Version { get; } =
        new(
            "version",
            "The version of the recipe format.",
            new JsonObject { ["enum"] = new JsonArray(SupportedVersion) },
            SupportedVersion)
        {
            IsRequired = true,
        };

    public static RecipeKey Requires { get; } =
        RecipeKey.Text(
            "requires",
            "The tool versions that may run this recipe, as a NuGet version range in quotes.",
            "[0.1,1.0)");

    public static RecipeKey Model { get; } =
        RecipeKey.Text("model", "The model to prune: a Hugging Face directory, relative to the recipe, or "
            + "hf://owner/name[@revision] on the hub.", "models/tiny-opt") with
        { IsRequired = true };

    public static RecipeKey Calibration { get; } = new(
        "calibration",
        "The text that methods other than magnitude run through the model, and how it is cut into windows.",
        CalibrationKeys.All.ToSchema(),
        new JsonObject { ["text"] = "data/calibration.txt", ["samples"] = 128 });

    public static RecipeKey Evaluation { get; } = new(
        "evaluation",
        "Measurements on the dense model and on each pruned one.",
        EvaluationKeys.All.ToSchema(),
        new JsonObject { ["perplexity"] = new JsonObject { ["prose"] = "data/eval.txt" } });

    public static RecipeKey Engine { get; } = new(
        "engine",
        "The engine that computes.",
        EngineKeys.All.ToSchema(),
        new JsonObject { ["device"] = "auto" });

    public static RecipeKey Executor { get; } = new(
        "executor",
        "The cluster that a build hands its artifacts to. If left out, a build computes where it runs.",
        ExecutorKeys.All.ToSchema(),
        new JsonObject { ["slurm"] = new JsonObject { ["partition"] = "gpu" } });

    public static RecipeKey Defaults { get; } = new(
        "defaults",
        "Settings for all artifacts that do not set them.",
        ValueSchema.OrNothing(ArtifactKeys.Defaults.ToSchema()),
        new JsonObject { ["method"] = "sparsellm", ["preset"] = "balanced" });

    public static RecipeKey Artifacts { get; } = new(
        "artifacts",
        "The pruned models to make, by name; the name is the folder they are written to.",
        new JsonObject
        {
            ["type"] = "object",
            ["minProperties"] = 1,
            ["propertyNames"] = new JsonObject
            {
                ["pattern"] = ArtifactNames.Syntax,
                ["maxLength"] = ArtifactNames.MaximumLength
            },
            ["additionalProperties"] = ValueSchema.OrNothing(ArtifactKeys.All.ToSchema()),
        },
        new JsonObject { ["tiny-opt-70"] = new JsonObject { ["sparsity"] = 0.7 } })
    {
        IsRequired = true,
    };

    public static KeyTable All { get; }
        = new(Version, Requires, Model, Calibration, Evaluation, Engine, Executor, Defaults, Artifacts);
}
