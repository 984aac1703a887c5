using System.CommandLine;
using System.Globalization;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Executors.Slurm;
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
            Description = $"What may stay, such as 20GB; by default what {SizeVariable} says, else {DefaultSize}. "
                + $"Pinned entries always stay.",
        };
        var yes = new Option<bool>("--yes")
        {
            Description = "Remove it; without this, only say what would be removed."
        };
        var details = new Option<bool>("--details") { Description = "A line for every file." };
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "gc",
            "Remove what is left over, then what has not been used for longest, until the rest fits.") { cache, maximum,
            yes, details, json };
        command.SetWork((arguments, cancellation) =>
        {
            bool isForReal = arguments.GetValue(yes);
            long size = MaximumSize(arguments.GetValue(maximum));
            BuildCache opened = CommandAction.OpenCache(arguments.GetValue(cache));
            CacheCollection collection = CacheCollection.Plan(
                opened,
                size,
                cancellation,
                EndedRuns.Folders(opened, cancellation));
            IReadOnlyList<CacheRemoval> failed = isForReal ? collection.Execute() : [];
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    DryRun = !isForReal,
                    collection.Before,
                    collection.After,
                    collection
                    .Pinned,
                    collection.LockFiles,
                    collection.Removals,
                    Failed = failed
                },
                console =>
                {
                    ShowRemovals(collection, arguments.GetValue(details), console);
                    ShowTotals(collection, isForReal, failed, console);
                    ShowPins(collection, size, console);
                });
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
            ?? throw ToolDiagnostics.InvalidOption
                .Error(null, $"{source} is '{text}', which is not a size; write it like 20GB, 500MiB or 1000000");
    }

    private static void ShowRemovals(CacheCollection collection, bool hasDetails, TextOutput console)
    {
        if (hasDetails)
        {
            foreach (CacheRemoval removal in collection.Removals)
            {
                console.WriteLine($"{removal.What} ({ByteSize.Format(removal.Bytes)}): {removal.Path}");
            }
        }
        else if (collection.Removals.Count > 0)
        {
            console.WriteTable(["what", "files#", "size#"], collection.Removals.GroupBy(removal => removal.Group)
                .Select(group => (string[])
                    [
                        group.Key,
                        group.Count().ToString(CultureInfo.InvariantCulture),
                        ByteSize.Format(group.Sum(removal => removal.Bytes)),
                    ]));
        }
    }

    private static void ShowTotals(
        CacheCollection collection,
        bool isForReal,
        IReadOnlyList<CacheRemoval> failed,
        TextOutput console)
    {
        string sizes = $"{ByteSize.Format(collection.Before)} to {ByteSize.Format(collection.After)}";
        console.WriteLine(isForReal
            ? $"{collection.Removals.Count - failed.Count} files removed, {failed.Count} could not be: {sizes}"
            : $"{collection.Removals.Count} files would be removed: {sizes}; nothing was, because --yes was not given");
    }

    /// <summary>Why more stays than was asked for.</summary>
    private static void ShowPins(CacheCollection collection, long size, TextOutput console)
    {
        if (collection.After <= size)
        {
            return;
        }

        long others = collection.After - Math.Min(collection.After, collection.Pinned);
        string fresh = others == 0
            ? ""
            : $"; {ByteSize.Format(others)} were stored within the last hour and may be in use";
        console.WriteLine(
            $"that is more than {ByteSize.Format(size)}: {ByteSize.Format(collection.Pinned)} are pinned{fresh}");
        if (collection.LockFiles.Count > 0)
        {
            console.WriteLine("pinned by lock files, for as long as they exist and name it:");
            console.WritePins(collection.LockFiles);
        }
    }
}
