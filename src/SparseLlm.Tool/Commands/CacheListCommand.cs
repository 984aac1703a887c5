using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pruning.Settings;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cache ls</c>: the entries of the cache.</summary>
internal static class CacheListCommand
{
    private const int ShortKey = 12;

    public static Command Create()
    {
        Option<string?> cache = CommandAction.Cache();
        Option<bool> json = CommandAction.Json();
        var details = new Option<bool>("--details")
        {
            Description = "A line for every entry, with its key, the last used first."
        };
        var command = new Command(
            "ls",
            "Show what is in the cache: for each model and artifact how much of what kind, and when it was last used.")
        {
            cache,
            details,
            json,
        };
        command.SetWork((arguments, cancellation) =>
        {
            CacheInventory inventory = CacheInventory.Of(
                CommandAction.OpenCache(arguments.GetValue(cache)),
                cancellation);
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    inventory.Directory,
                    Entries = inventory.Entries.Select(listed => new
                    {
                        listed.Entry.Key,
                        listed.Entry.Kind,
                        listed.Entry.Description,
                        listed.Entry.Origin,
                        listed.Entry.Size,
                        listed.LastUsed,
                        Pinned = listed.IsPinned,
                    }),
                    inventory.LockFiles,
                    inventory.Damaged,
                    inventory.Blobs,
                    inventory.Bytes,
                },
                console => Show(inventory, arguments.GetValue(details), console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("cache ls", "What is in the cache, by model and artifact."),
            new("cache ls --details", "Every entry."),
            new("cache ls --cache /data/cache --json", "Those of another one, as JSON."),
        ]);
    }

    private static void Show(CacheInventory inventory, bool hasDetails, TextOutput console)
    {
        if (hasDetails)
        {
            ShowEntries(inventory, console);
        }
        else
        {
            ShowGroups(inventory, console);
        }

        string damaged = inventory.Damaged == 0 ? "" : $", {inventory.Damaged} damaged";
        console.WriteLine($"{inventory.Entries.Count} entries{damaged}, {ByteSize.Format(inventory.Bytes)} in "
            + $"{inventory.Blobs} files, in {inventory.Directory}");
        if (inventory.LockFiles.Count > 0)
        {
            console.WriteLine("pinned by lock files, so that gc keeps it:");
            console.WritePins(inventory.LockFiles);
        }
    }

    /// <summary>A row for every kind of entry of every artifact, the model and the artifact that were last used
    /// first.</summary>
    private static void ShowGroups(CacheInventory inventory, TextOutput console)
    {
        DateTime now = DateTime.UtcNow;
        var groups = from listed in inventory.Entries
                     group listed by listed.Entry.Origin?.Model into model
                     from artifact in model.GroupBy(listed => listed.Entry.Origin?.Artifact)
                     from kind in artifact.GroupBy(listed => listed.Entry.Kind)
                         .OrderBy(kind => kind.Key, StringComparer.Ordinal)
                     select (Model: model.Key ?? "unknown", Artifact: model.Key is null
                         ? "stored by an older version"
                         : artifact.Key ?? "dense model", Kind: kind.Key, Entries: kind.ToArray());
        console.WriteTable(["model", "artifact", "kind", "entries#?", "size#", "last used#?", ""], groups
            .Select(group => (string[])
                [
                    group.Model,
                    group.Artifact,
                    group.Kind,
                    group.Entries.Length.ToString(CultureInfo.InvariantCulture),
                    ByteSize.Format(CacheEntry.SizeOf(group.Entries.Select(listed => listed.Entry))),
                    Age.Format(now - group.Entries.Max(listed => listed.LastUsed)),
                    group.Entries.Count(listed => listed.IsPinned) is var pinned && pinned == group.Entries.Length
                ? "pinned"
                : pinned == 0 ? "" : $"{pinned} pinned",
                ]));
    }

    private static void ShowEntries(CacheInventory inventory, TextOutput console) =>
        console.WriteTable(["key", "kind?", "description", "size#", "last used?", ""], inventory.Entries
            .Select(listed => (string[])
                [
                    listed.Entry.Key[..ShortKey],
                    listed.Entry.Kind,
                    listed.Entry.Description,
                    ByteSize.Format(listed.Entry.Size),
                    listed.LastUsed.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                    listed.IsPinned ? "pinned" : "",
                ]));
}
