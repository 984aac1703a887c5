using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Cache;
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
        var command = new Command("ls", "List the entries of the cache, the last used first.") { cache, json };
        command.SetWork((arguments, cancellation) =>
        {
            CacheInventory inventory = CacheInventory.Of(CommandAction.OpenCache(arguments.GetValue(cache)), cancellation);
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
                        listed.Entry.Size,
                        listed.LastUsed,
                        Pinned = listed.IsPinned,
                    }),
                    inventory.Damaged,
                    inventory.Blobs,
                    inventory.Bytes,
                },
                console => Show(inventory, console));
            return ExitCodes.Done;
        });
        return command.WithExamples(
        [
            new("cache ls", "The entries of the cache."),
            new("cache ls --cache /data/cache --json", "Those of another one, as JSON."),
        ]);
    }

    private static void Show(CacheInventory inventory, TextOutput console)
    {
        console.WriteTable(["key", "kind?", "description", "size#", "last used?", ""], inventory.Entries.Select(listed => (string[])
        [
            listed.Entry.Key[..ShortKey],
            listed.Entry.Kind,
            listed.Entry.Description,
            ByteSize.Format(listed.Entry.Size),
            listed.LastUsed.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            listed.IsPinned ? "pinned" : "",
        ]));
        string damaged = inventory.Damaged == 0 ? "" : $", {inventory.Damaged} damaged";
        console.WriteLine($"{inventory.Entries.Count} entries{damaged}, {ByteSize.Format(inventory.Bytes)} in {inventory.Blobs} files, in {inventory.Directory}");
    }
}
