using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Executors.Slurm;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes;

namespace SparseLlm.Tool.Commands;

/// <summary>How a build is told where to compute.</summary>
internal sealed class ExecutorOptions
{
    private const string Local = "local";
    private const string OnSlurm = "slurm";

    // A job that is to be stopped gets its signal some time before its end, and nodes do not start at once.
    private const double ShareOfTime = 0.95;

    private readonly Option<string?> executor = new("--executor")
    {
        Description = "Where to compute: here (local), or in jobs of a cluster (slurm). By default what the recipe "
            + "says."
    };

    private readonly Option<int?> parallel = CommandAction.AtLeast(
        1,
        new Option<int?>("--max-parallel")
        {
            Description = "Jobs that may run at a time; by default as many as fit."
        });

    private readonly Option<int?> retries = CommandAction.AtLeast(
        0,
        new Option<int?>("--retries")
        {
            Description = FormattableString.Invariant(
                $"How often a job that fails is tried again; {SlurmOptions.DefaultRetries} by default.")
        });

    private readonly Option<bool> cancel = new("--cancel-jobs")
    {
        Description = "Cancel the jobs when this build is interrupted; else they go on, and the next build finds them."
    };

    private readonly Option<bool> probe = new("--probe")
    {
        Description = "Before other jobs, submit one that shows whether a node has the tool, the model and the cache."
    };

    private readonly Option<int?> shards = WorkerCommand.ShardsPerArtifact();

    public ExecutorOptions() => executor.AcceptOnly(Local, OnSlurm);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command) => command.Add(executor, parallel, retries, shards, cancel, probe);

    /// <summary>How units are handed to Slurm; null where this process computes.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="engine">What computes.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="memory">The option for the memory of activations.</param>
    public SlurmOptions? Slurm(
        ParseResult arguments,
        Recipe recipe,
        EngineChoice engine,
        BuildCache cache,
        Option<MemoryBudget?> memory)
    {
        string chosen = arguments.GetValue(executor) ?? (recipe.Slurm is null ? Local : OnSlurm);
        int? workers = arguments.GetValue(shards);
        if (chosen == Local)
        {
            return workers is null
                ? null
                : throw ToolDiagnostics.InvalidOption.Error(
                    null,
                    $"{shards.Name} is for jobs of a cluster, and this process computes alone; leave it out, or add "
                    + $"'{executor.Name} {OnSlurm}'");
        }

        SlurmChoice choice = recipe.Slurm ?? new SlurmChoice();

        // As it was written: a percentage is one of the node's memory.
        string[] budget = arguments.GetResult(memory) is { Tokens: [var token] } ? [memory.Name, token.Value] : [];
        return new SlurmOptions(choice, [.. Worker(recipe, choice, engine, cache.RequireStore().Root), .. budget,
            .. workers is > 1 ? [shards.Name, $"{workers}"] : (string[])[]])
        {
            WorkersPerUnit = workers ?? 1,
            MaximumParallel = arguments.GetValue(parallel),
            Retries = arguments.GetValue(retries) ?? SlurmOptions.DefaultRetries,
            CancelsJobs = arguments.GetValue(cancel),
            Probes = arguments.GetValue(probe),
        };
    }

    /// <summary>The command line of a worker: this tool, this recipe, this cache, wherever it runs.</summary>
    private static string[] Worker(Recipe recipe, SlurmChoice choice, EngineChoice engine, string cache) =>
    [
        DotNetHost.Path, typeof(ExecutorOptions).Assembly.Location,
        "worker", recipe.Path, "--no-steal", "--shard", "0/1",
        "--cache", cache,
        "--device", engine.Device,
        "--precision", engine.Precision.ToString().ToLowerInvariant(),
        "--devices", engine.Devices.ToString(),
        .. engine.Threads is { } threads ? ["--threads", threads.ToString(CultureInfo.InvariantCulture)]
            : (string[])[],
        .. choice.TimeLimit is { } limit
            ? [WorkerCommand.TimeOption, (limit.TotalSeconds * ShareOfTime).ToString("0", CultureInfo.InvariantCulture)]
            : (string[])[],
    ];
}
