using System.CommandLine;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm status [RECIPE]</c>: which artifacts are what a build would make.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var options = new PlanOptions();
        Option<string[]> artifact = RecipeFile.Artifact();
        var exitCode = new Option<bool>("--exit-code") { Description = "Exit with 3 if an artifact is stale." };
        var command = new Command("status", "Show which artifacts are fresh and which are stale.")
        {
            artifact,
            exitCode
        };
        options.AddTo(command);
        command.SetWork((arguments, cancellation) => options.WithPlan(arguments, cancellation, (plan, directory) =>
        {
            (ArtifactPlan Plan, string? Reason)[] artifacts = [.. plan.Plan(
                arguments.GetValue(artifact) ?? [],
                cancellation).Select(planned => (planned, Reason(plan, planned)))];
            new Terminal(arguments.GetValue(options.Json)).Result(
                new
                {
                    FormatVersion = 1,
                    Output = directory,
                    Artifacts = artifacts.Select(
                        state => new { state.Plan.Artifact.Name, Fresh = state.Reason is null, state.Reason }),
                },
                console =>
                {
                    foreach ((ArtifactPlan planned, string? reason) in artifacts)
                    {
                        console.WriteLine(
                            $"{planned.Artifact.Name}: {(reason is null ? "fresh" : $"stale: {reason}")}");
                    }

                    console.WriteLine($"in {directory}");
                });
            return arguments.GetValue(exitCode) && artifacts.Any(state => state.Reason is not null)
                ? ExitCodes.Stale
                : ExitCodes.Done;
        }));
        return command.WithExamples(
        [
            new("status", "Which artifacts of pruning.yaml here are fresh."),
            new(
                "status --project src/App -c Release",
                "The same for the recipe of a project, where its Release build puts the artifacts."),
            new("status --exit-code", "Exit with 3 if one is stale, for scripts."),
        ]);
    }

    /// <summary>Why an artifact is stale, or null.</summary>
    private static string? Reason(RecipePlan plan, ArtifactPlan planned) => planned.Action switch
    {
        PlannedAction.None => null,
        PlannedAction.Measure => "its perplexity was measured on other texts",
        PlannedAction.Export => plan.Damage(planned) ?? (planned.Exports.Count == 0
            ? "its GGUF files are not those that the recipe asks for"
            : $"it has no {string.Join(", ", planned.Exports)} yet"),
        _ => plan.Damage(planned) ?? (plan.Changes(planned) is { Changes: { Count: > 0 } changes }
            ? changes[0] + (changes.Count == 1
                ? ""
                : $"; and {changes.Count - 1} more (see 'dotnet sparsellm why {planned.Artifact.Name}')")
            : "what stands there was made from something else"),
    };
}
