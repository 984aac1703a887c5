using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.History;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pruning.Settings;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm history [RECIPE]</c>: how artifacts have come out from commit to commit.</summary>
internal static class HistoryCommand
{
    private const int DefaultCommits = 100;

    public static Command Create()
    {
        Argument<string> recipe = RecipeFile.Argument();
        Option<string[]> artifact = RecipeFile.Artifact();
        Option<int> count = CommandAction.AtLeast(1, new Option<int>("--max-count")
        {
            Description = $"How many commits to look at, the newest; {DefaultCommits} by default.",
            DefaultValueFactory = _ => DefaultCommits,
        });
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "history",
            "Show how artifacts have come out over time, by the lock file's commits in git.") { recipe, artifact, count,
            json };
        command.SetWork((arguments, cancellation) =>
        {
            string lockPath = LockFile.PathOf(RecipeFile.Find(arguments.GetRequiredValue(recipe)));
            ArtifactHistory history = ArtifactHistory.Of(
                lockPath,
                arguments.GetValue(artifact) ?? [],
                arguments.GetValue(count),
                cancellation);
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    Entries = history.Entries.Select(entry => new
                    {
                        entry.Artifact,
                        entry.Commit,
                        Removed = entry.Locked is null,
                        Method = MethodOf(entry),
                        entry.Locked?.Sparsity,
                        Perplexity = entry.Locked?.Perplexity
                            .ToDictionary(text => text.Key, text => new { text.Value.Dense, text.Value.Pruned }),
                        entry.Locked?.Size,
                        entry.Locked?.Key,
                        entry.Locked?.Digest,
                    }),
                    history.Missing,
                    Limited = history.IsLimited,
                    history.Unreadable,
                },
                console => Show(history, console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("history", "How the artifacts of pruning.yaml here have come out."),
            new("history --artifact opt-50 --max-count 20", "One of them, in the last 20 commits of the lock file."),
        ]);
    }

    private static void Show(ArtifactHistory history, TextOutput console)
    {
        if (history.Missing is { } reason)
        {
            console.WriteLine(reason);
            return;
        }

        console.WriteTable(
            ["artifact", "date", "commit", "method", "sparsity#", "perplexity", "size#", "subject"],
            history.Entries.Select(Row));
        if (history.IsLimited)
        {
            console.WriteLine(
                "older commits were not looked at: the oldest row of an artifact need not be its first; see "
                + "--max-count");
        }

        if (history.Unreadable > 0)
        {
            console.WriteLine($"in {history.Unreadable} commits the lock file cannot be read by this version");
        }
    }

    private static string[] Row(HistoryEntry entry) =>
    [
        entry.Artifact,
        entry.Commit?.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "",
        entry.Commit?.ShortHash ?? "",
        MethodOf(entry) ?? "removed",
        entry.Locked is { } locked ? SparsityText.Of(locked) : "",
        string.Join("; ", (entry.Locked?.Perplexity ?? new Dictionary<string, LockedPerplexity>()).Select(text => string
            .Create(
                CultureInfo.InvariantCulture, $"{text.Key} {text.Value.Pruned:0.000} "
                    + $"({(text.Value.Pruned / text.Value.Dense) - 1:+0.0 %;-0.0 %})"))),
        entry.Locked?.Size is { } size ? ByteSize.Format(size) : "",
        entry.Commit?.Subject ?? "(not committed)",
    ];

    private static string? MethodOf(HistoryEntry entry)
        => entry.Locked?.Inputs.Settings.GetValueOrDefault("method", "unknown");
}
