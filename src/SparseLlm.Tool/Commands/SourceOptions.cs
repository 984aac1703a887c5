using System.CommandLine;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Sources;
using SparseLlm.Recipes;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary>How commands come by what they are named: it is here, or on the hub, from where it may be
/// fetched.</summary>
internal sealed class SourceOptions
{
    private readonly Option<bool> offline = new("--offline")
    {
        Description = "Download nothing: take what is named by hf:// from the hub's cache, and fail where it is not "
        + "there."
    };
    private readonly SortedDictionary<string, string> commits = new(StringComparer.Ordinal);

    /// <summary>The commits of everything that was fetched by its name, by address; null where nothing was.</summary>
    public IReadOnlyDictionary<string, string>? Commits => commits.Count == 0 ? null : commits;

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command) => command.Add(offline);

    /// <summary>The hub as the environment and the command line say.</summary>
    /// <exception cref="DiagnosticException">The environment makes no sense.</exception>
    public HubOptions Hub(ParseResult arguments)
    {
        HubOptions options = HubOptions.Read(Environment.GetEnvironmentVariable);
        return arguments.GetValue(offline) ? options with
        {
            IsOffline = true,
            WhyOffline = "--offline forbids to ask the hub; leave it out, "
                + "or run 'dotnet sparsellm pull' first"
        } : options;
    }

    /// <summary>The directory of a model that is named by its path, or by its address on the hub.</summary>
    /// <exception cref="DiagnosticException">It is an address, and cannot be fetched.</exception>
    public string Model(ParseResult arguments, string named, CancellationToken cancellation, bool quiet = false) =>
        HubAddress.IsMeant(named)
            ? Fetch(arguments, HubAddress.Parse(named, RepositoryKind.Model), quiet, cancellation).Directory
            : named;

    /// <summary>The files of texts that are named by their paths, or by their addresses on the hub.</summary>
    /// <exception cref="DiagnosticException">One is an address, and cannot be fetched.</exception>
    public string[] Texts(
        ParseResult arguments,
        IEnumerable<string> named,
        CancellationToken cancellation,
        bool quiet = false) =>
        [.. named.SelectMany(text => HubAddress.IsMeant(text)
            ? Fetch(arguments, HubAddress.Parse(text, RepositoryKind.Dataset), quiet, cancellation).Paths
            : [Path.GetFullPath(text)])];

    /// <summary>The recipe with what it names of the hub, which is fetched.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="recipe">The recipe as it was read.</param>
    /// <param name="isLocked">Whether only that may be taken which its lock file says.</param>
    /// <param name="quiet">Show diagnostics only.</param>
    /// <param name="cancellation">Stops; what has come of a file is kept for the next time.</param>
    /// <exception cref="DiagnosticException">Something cannot be fetched.</exception>
    public Recipe Fetch(ParseResult arguments, Recipe recipe, bool isLocked, bool quiet, CancellationToken cancellation)
    {
        if (RecipeSources.In(recipe).Count == 0)
        {
            return recipe;
        }

        HubOptions hub = Hub(arguments);
        return ProgressDisplay.Run(quiet, progress =>
        {
            using var fetcher = new SourceFetcher(hub, Terminal.Show, progress) { IsLocked = isLocked };
            return recipe.Fetch(Locked(recipe), fetcher, cancellation);
        });
    }

    /// <summary>The recipe with what it names of the hub, as far as that is here; nobody is asked for
    /// anything.</summary>
    /// <exception cref="DiagnosticException">Something is not here.</exception>
    public static Recipe Find(Recipe recipe, CancellationToken cancellation)
    {
        if (RecipeSources.In(recipe).Count == 0)
        {
            return recipe;
        }

        using var fetcher = new SourceFetcher(HubOptions.Read(Environment.GetEnvironmentVariable) with
        { IsOffline = true, WhyOffline = "this command downloads nothing; 'dotnet sparsellm pull' does" },
            Terminal.Show);
        return recipe.Fetch(Locked(recipe), fetcher, cancellation);
    }

    /// <summary>What an address stands for, which is fetched.</summary>
    /// <exception cref="DiagnosticException">It cannot be.</exception>
    public HubSource Fetch(ParseResult arguments, HubAddress address, bool quiet, CancellationToken cancellation)
    {
        HubOptions hub = Hub(arguments);
        HubSource source = ProgressDisplay.Run(quiet, progress =>
        {
            using var fetcher = new SourceFetcher(hub, Terminal.Show, progress);
            return fetcher.Fetch(address, locked: null, cancellation);
        });
        commits[address.ToString()] = source.Commit;
        return source;
    }

    private static LockFile? Locked(Recipe recipe) => LockFile.Read(LockFile.PathOf(recipe.Path));
}
