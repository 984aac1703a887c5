using System.CommandLine;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cache push|pull [RECIPE]</c>: brings locked artifacts to the remote cache, or from
/// there.</summary>
internal static class CacheExchangeCommand
{
    public static Command CreatePush() =>
        Create(
            "push",
            "Store the artifacts of a recipe's lock file on the remote cache, with their perplexities.",
            "stored",
            CacheExchange.Push).WithExamples(
                [
                new("cache push", "Store the artifacts that pruning.lock.json here names."),
                new("cache push recipes/opt.yaml --layers",
                    "With their decoder layers, so that others go on from there."),
                ]);

    public static Command CreatePull() =>
        Create(
            "pull",
            "Fetch the artifacts of a recipe's lock file from the remote cache, with their perplexities.",
            "fetched",
            CacheExchange.Pull).WithExamples(
                [
                new("cache pull", "Fetch the artifacts that pruning.lock.json here names."),
                ]);

    private static Command Create(
        string name, string description, string done, Func<BuildCache, string, bool, CancellationToken,
        IReadOnlyList<ExchangedArtifact>> exchange)
    {
        Argument<string> recipe = RecipeFile.Argument();
        var layers = new Option<bool>("--layers")
        {
            Description = "The decoder layers too, which a build goes on from after an edit of the recipe."
        };
        Option<string?> cache = CommandAction.Cache();
        Option<bool> json = CommandAction.Json();
        var command = new Command(name, description) { recipe, layers, cache, json };
        command.SetWork((arguments, cancellation) =>
        {
            string lockPath = LockFile.PathOf(RecipeFile.Find(arguments.GetRequiredValue(recipe)));
            IReadOnlyList<ExchangedArtifact> artifacts = exchange(
                CommandAction.OpenCache(arguments.GetValue(cache)), lockPath, arguments.GetValue(layers), cancellation);
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Artifacts = artifacts.Select(artifact => new
                    {
                        artifact.Name,
                        artifact.Key,
                        Done = artifact.IsThere,
                        ExportsDone = artifact.ExportsThere,
                        artifact.Exports,
                        PerplexitiesDone = artifact.PerplexitiesThere,
                        artifact.Perplexities,
                        artifact.UnnamedPerplexities,
                        LayersDone = artifact.LayersThere,
                        artifact.Layers,
                    }),
                },
                console => Show(artifacts, done, console));
            return artifacts.All(artifact => artifact.IsComplete) ? ExitCodes.Done : ExitCodes.Failed;
        }, isTidy: true);
        return command;
    }

    private static void Show(IReadOnlyList<ExchangedArtifact> artifacts, string done, TextOutput console)
    {
        foreach (ExchangedArtifact artifact in artifacts)
        {
            string[] parts =
            [
                artifact.IsThere ? done : $"not {done}",
                .. artifact.Exports == 0 ? [] : (string[])[$"{artifact.ExportsThere} of {artifact.Exports} GGUF files"],
                .. artifact.Perplexities == 0
                    ? []
                    : (string[])[$"{artifact.PerplexitiesThere} of {artifact.Perplexities} perplexities"],
                .. artifact.Layers == 0 ? [] : (string[])[$"{artifact.LayersThere} of {artifact.Layers} layers"],
                .. artifact.HasBudget ? [] : (string[])["without the sparsity of each matrix, which they need"],
            ];
            console.WriteLine($"{artifact.Name}: {string.Join(", ", parts)}");
        }

        if (artifacts.Any(artifact => artifact.UnnamedPerplexities > 0))
        {
            console.WriteLine("an older version wrote the lock file, which does not name all perplexities: build once "
                + "to renew it, or they are measured where the artifacts are taken");
        }
    }
}
