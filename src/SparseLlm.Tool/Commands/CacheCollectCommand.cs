using System.CommandLine;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Settings;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cache gc</c>: clears the cache up until it fits.</summary>
internal static class CacheCollectCommand
{
    private const string SizeVariable = "SPARSELLM_CACHE_SIZE";
    private const string DefaultSize = "20GiB";

    public static Command Create()
    {
        Option<string?> cache = CommandAction.Cache();
        var maximum = new Option<string?>("--max-size")
        {
            Description = $"What may stay, such as 20GB; by default what {SizeVariable} says, else {DefaultSize}. Pinned entries always stay.",
        };
        var yes = new Option<bool>("--yes") { Description = "Remove it; without this, only say what would be removed." };
        Option<bool> json = CommandAction.Json();
        var command = new Command("gc", "Remove what is left over, then what has not been used for longest, until the rest fits.") { cache, maximum, yes, json };
        command.SetWork((arguments, cancellation) =>
        {
            bool isForReal = arguments.GetValue(yes);
            CacheCollection collection = CacheCollection.Plan(
                CommandAction.OpenCache(arguments.GetValue(cache)), MaximumSize(arguments.GetValue(maximum)), cancellation);
            IReadOnlyList<CacheRemoval> failed = isForReal ? collection.Execute() : [];
            new Terminal(arguments.GetValue(json)).Result(
                new { FormatVersion = 1, DryRun = !isForReal, collection.Before, collection.After, collection.Removals, Failed = failed },
                console => Show(collection, isForReal, failed, console));
            return failed.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command.WithExamples(
        [
            new("cache gc", "What would be removed to get below 20 GiB."),
            new("cache gc --max-size 5GB --yes", "Remove what is beyond 5 GB."),
        ]);
    }

    private static long MaximumSize(string? option)
    {
        (string source, string? text) = option is null
            ? (SizeVariable, Environment.GetEnvironmentVariable(SizeVariable))
            : ("--max-size", option);
        return ByteSize.Parse(string.IsNullOrEmpty(text) ? DefaultSize : text)
            ?? throw ToolDiagnostics.InvalidOption.Error(null, $"{source} is '{text}', which is not a size; write it like 20GB, 500MiB or 1000000");
    }

    private static void Show(CacheCollection collection, bool isForReal, IReadOnlyList<CacheRemoval> failed, TextOutput console)
    {
        foreach (CacheRemoval removal in collection.Removals)
        {
            console.WriteLine($"{removal.What} ({ByteSize.Format(removal.Bytes)}): {removal.Path}");
        }

        string sizes = $"{ByteSize.Format(collection.Before)} to {ByteSize.Format(collection.After)}";
        console.WriteLine(isForReal
            ? $"{collection.Removals.Count - failed.Count} files removed, {failed.Count} could not be: {sizes}"
            : $"{collection.Removals.Count} files would be removed: {sizes}; nothing was, because --yes was not given");
    }
}
