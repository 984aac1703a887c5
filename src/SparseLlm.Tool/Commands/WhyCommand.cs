using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Sources;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm why ARTIFACT [RECIPE]</c>: what a build would have to do for an artifact, and what has changed
/// that makes it so.</summary>
internal static class WhyCommand
{
    public static Command Create()
    {
        var options = new PlanOptions();
        var sources = new SourceOptions();
        var artifact = new Argument<string>("artifact") { Description = "The artifact." };
        artifact.CompletionSources.Add(RecipeFile.ArtifactNames);
        var command = new Command("why", "Show what has changed since an artifact was built or locked.") { artifact };
        options.AddTo(command);
        sources.AddTo(command);
        command.SetWork((arguments, cancellation) => options.WithPlan(arguments, cancellation, (plan, directory) =>
        {
            ArtifactPlan planned = plan.Plan([arguments.GetRequiredValue(artifact)], cancellation)[0];
            (string Since, IReadOnlyList<InputChange> Changes)? changes = plan.Changes(planned);
            string? damage = planned.Action is PlannedAction.None or PlannedAction.Measure
                ? null
                : plan.Damage(planned);
            SourceMove[] moves = [.. Moves(plan.Sources, sources, arguments, cancellation)];
            new Terminal(arguments.GetValue(options.Json)).Result(
                new
                {
                    FormatVersion = 1,
                    planned.Artifact.Name,
                    UpToDate = planned.Action == PlannedAction.None,
                    changes?.Since,
                    Changes = changes?.Changes.Select(
                        change => new { change.What, change.Before, change.After, change.Cause, change.FirstLayer }),
                    Moves = moves.Select(move => new { Address = move.Address.ToString(), move.Before, move.After }),
                    Output = damage,
                    LayersToPrune = planned.MissingLayers,
                    PassesToMake = planned.MissingEpochs,
                    FilesToExport = planned.Exports.Select(export => export.File),
                    PerplexitiesToMeasure = planned.MissingMeasurements
                        .Select(measurement => new { measurement.Artifact, measurement.Text }),
                },
                console =>
                {
                    Show(planned, changes, damage, directory, console);
                    foreach (SourceMove move in moves)
                    {
                        console.WriteLine($"{move}; 'dotnet sparsellm update' moves the lock file there.");
                    }
                });
            return ExitCodes.Done;
        }));
        return command.WithExamples([new("why opt-50", "What has changed since the artifact was built."),]);
    }

    /// <summary>Where the hub has gone on since, as far as it can be asked: a build stays with what is
    /// locked.</summary>
    private static IEnumerable<SourceMove> Moves(
        IReadOnlyList<HubSource> read,
        SourceOptions sources,
        ParseResult arguments,
        CancellationToken cancellation)
    {
        HubOptions options = sources.Hub(arguments);
        if (read.Count == 0 || options.IsOffline)
        {
            return [];
        }

        try
        {
            using var hub = new SourceFetcher(options, Terminal.Show);
            return [.. SourceMove.Find(read, hub, cancellation).Where(move => move.HasMoved)];
        }
        catch (DiagnosticException exception)
        {
            Terminal.Progress($"whether the hub has gone on is not known: {exception.Diagnostics[0].Message}");
            return [];
        }
    }

    private static void Show(
        ArtifactPlan planned, (string Since, IReadOnlyList<InputChange> Changes)? changes, string? damage,
        string directory, TextOutput console)
    {
        string name = planned.Artifact.Name;
        console.WriteLine(planned.Action switch
        {
            PlannedAction.None => $"{name} is up to date.",
            PlannedAction.Measure => $"{name} is up to date, but its perplexity was measured on other texts.",
            PlannedAction.Export => $"{name} is up to date, but its GGUF files are not those that the recipe asks for.",
            PlannedAction.Restore => $"{name} would be taken from the cache.",
            PlannedAction.Encode
                => $"{name} would be {EncodingText.Work(planned.Request.Encoding)}ed; nothing is computed.",
            _ when planned.MissingLayers.Count == 0 && planned.Keys.Epochs.Count > 0
                => $"{name} would be put together from layers in the cache, which are then tuned together"
                    + $"{Passes(planned)}.",
            _ when planned.MissingLayers.Count == 0 => $"{name} would be put together from layers in the cache.",
            _ => $"{name} would be {Treatment.Of(planned.Inputs)}: {LayerRanges.Describe(planned.MissingLayers)} of "
                + $"{planned.Keys.Layers.Count}"
                + (planned.MissingEpochs > 0 ? $"; all layers would then be tuned together{Passes(planned)}." : "."),
        });
        if (planned.MissingMeasurements.Count > 0)
        {
            console.WriteLine(
                $"Perplexities that would be measured: {string.Join(", ", planned.MissingMeasurements)}.");
        }

        if (planned.Exports.Count > 0)
        {
            console.WriteLine($"GGUF files that would be written: {string.Join(", ", planned.Exports)}.");
        }

        if (damage is not null)
        {
            console.WriteLine($"What stands in its place: {damage} (looked for in {directory}).");
        }

        switch (changes)
        {
            case null when planned.Action == PlannedAction.Prune:
                console.WriteLine("It has not been built before.");
                break;
            case { Changes.Count: 0 }:
                console.WriteLine($"Nothing has changed since {changes.Value.Since}.");
                break;
            case { } since:
                console.WriteLine($"Changed since {since.Since}:");
                foreach (InputChange change in since.Changes)
                {
                    console.WriteLine($"  {change}");
                }

                break;
        }
    }

    private static string Passes(ArtifactPlan planned) => FormattableString.Invariant(
        $": {planned.MissingEpochs} of {planned.Keys.Epochs.Count} passes are missing");
}
