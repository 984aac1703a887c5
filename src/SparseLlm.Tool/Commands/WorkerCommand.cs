using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pipeline.Workers;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm worker [RECIPE]</c>: computes artifacts into the cache, on a machine of a cluster.</summary>
internal static class WorkerCommand
{
    /// <summary>The time that a worker has, in seconds.</summary>
    public const string TimeOption = "--time-limit";

    public static Command Create()
    {
        var recipe = new RecipeOptions();
        Option<string[]> artifact = RecipeFile.Artifact();
        Option<WorkShare?> shard = Shard();
        Option<int?> shards = ShardsPerArtifact();
        var alone = new Option<bool>("--no-steal")
        {
            Description = "Do this worker's share only; else it goes on with what no other worker has begun."
        };
        Option<double?> seconds = CommandAction.Share(
            TimeOption,
            "Seconds that this worker may run. It begins no layer that would take longer, and the next worker goes on "
            + "after the last finished one.");
        var run = new Option<string?>("--run") { Description = "A folder to write the status of artifacts to." };
        var check = new Option<bool>("--check")
        {
            Description = "Compute nothing; make sure that this machine could: recipe, model, texts, engine and cache."
        };
        var remote = new Option<bool>("--require-remote")
        {
            Description = "Fail unless results come into the remote cache, where this machine's own cache goes with it."
        };
        var sources = new SourceOptions();
        var computing = new EngineOptions();
        Option<MemoryBudget?> memory = CommandAction.Memory();
        Option<string?> cache = CommandAction.Cache();
        Option<bool> noProgress = CommandAction.NoProgress();
        var command = new Command("worker", "Compute artifacts of a recipe into the cache, as one of several workers.")
        {
            artifact, shard, shards, alone, seconds, run, check, remote,
        };
        computing.AddTo(command);
        command.Add(memory, cache, noProgress);
        sources.AddTo(command);
        recipe.AddTo(command);
        command.SetWork((arguments, cancellation) =>
        {
            string? folder = arguments.GetValue(run);
            string[] names = arguments.GetValue(artifact) ?? [];
            bool checks = arguments.GetValue(check);
            IReadOnlyList<UnitOutcome> outcomes = Telling(folder, checks ? [RunFolder.Probe] : names, () =>
            {
                ChosenRecipe chosen = recipe.Read(arguments, cancellation);
                Recipe read = sources.Fetch(
                    arguments,
                    chosen.Recipe,
                    isLocked: false,
                    arguments.GetValue(noProgress),
                    cancellation);
                BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache) ?? chosen.Cache);
                using IEngine engine = Devices.Open(computing.Choose(arguments, read.Engine));
                WorkShare share = arguments.GetValue(shard)
                    ?? WorkerEnvironment.Share(Environment.GetEnvironmentVariable)
                    ?? WorkShare.Whole;
                WindowPart? part = null;
                if (arguments.GetValue(shards) is > 1 and var workers)
                {
                    (share, part) = WorkerEnvironment.Together(share, workers, Environment.GetEnvironmentVariable);
                }

                var options = new WorkerOptions(share with { Steals = !arguments.GetValue(alone) })
                {
                    Part = part,
                    Artifacts = names,
                    Run = folder,
                    TimeLimit = arguments.GetValue(seconds) is { } limit ? TimeSpan.FromSeconds(limit) : null,
                    Memory = arguments.GetValue(memory),
                    RequiresRemote = arguments.GetValue(remote),
                };
                return ProgressDisplay.Run(arguments.GetValue(noProgress), progress =>
                {
                    var worker = new UnitWorker(read, engine, opened, options, progress);
                    return checks ? Check(worker, folder, cancellation) : worker.Run(cancellation);
                });
            });
            return Show(outcomes);
        }, isTidy: true);
        return command.WithExamples(
        [
            new("worker --shard 0/4", "Compute the first of four shares, then what the other three have not begun."),
            new(
                "worker --shard 0/4 --shards-per-artifact 4",
                "Prune one artifact after the other together with three more workers."),
            new("worker --check", "See whether this machine has what it takes."),
        ]);
    }

    /// <summary>How many workers do an artifact together.</summary>
    public static Option<int?> ShardsPerArtifact() => CommandAction.AtLeast(
        1,
        new Option<int?>("--shards-per-artifact")
        {
            Description = "Workers that prune each artifact together, each with some of the calibration windows; 1 by "
                + "default."
        });

    /// <summary>Lets whoever watches the folder of a run know why nothing could be begun.</summary>
    private static T Telling<T>(string? folder, IEnumerable<string> names, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DiagnosticException exception) when (folder is not null)
        {
            foreach (string name in names)
            {
                UnitStatus.OfFailedStart(exception.Diagnostics).TryWrite(RunFolder.StatusIn(folder, name));
            }

            throw;
        }
    }

    private static IReadOnlyList<UnitOutcome> Check(UnitWorker worker, string? folder, CancellationToken cancellation)
    {
        string key = worker.Check(cancellation);
        if (folder is not null)
        {
            new UnitStatus(key, UnitState.Done, Environment.MachineName, "", 0, [])
                .TryWrite(RunFolder.StatusIn(folder, RunFolder.Probe));
        }

        Terminal.Progress($"{Environment.MachineName} can compute this recipe");
        return [];
    }

    private static int Show(IReadOnlyList<UnitOutcome> outcomes)
    {
        foreach (UnitOutcome outcome in outcomes)
        {
            Terminal.Progress($"{outcome.Artifact}: " + outcome.State switch
            {
                UnitState.Done => "in the cache",
                UnitState.Elsewhere => "another worker has it",
                UnitState.Unfinished => "not finished; the next worker goes on after the last finished layer",
                _ => "failed",
            });
        }

        Diagnostic[] errors = [.. outcomes.SelectMany(outcome => outcome.Errors)];
        return errors.Length == 0 ? ExitCodes.Done : throw new DiagnosticException(errors);
    }

    private static Option<WorkShare?> Shard() => new("--shard")
    {
        Description = "The share of this worker, such as 0/4 for the first of four. By default what "
            + "SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX say, else everything.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (WorkerEnvironment.Parse(text) is { } share)
            {
                return share;
            }

            result.AddError($"--shard is '{text}'; write the number of the share, from 0, and how many there are, like "
                + "0/4");
            return null;
        },
    };
}
