using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cache</c>: what was computed before, here and elsewhere.</summary>
internal static class CacheCommand
{
    public static Command Create() => new Command(
        "cache",
        "List, check, clear up or exchange what was computed before.")
    {
        CacheListCommand.Create(),
        CacheVerifyCommand.Create(),
        CacheCollectCommand.Create(),
        CacheExchangeCommand.CreatePush(),
        CacheExchangeCommand.CreatePull(),
    }.WithExamples(
    [
        new("cache ls", "What is in the cache."),
        new("cache gc --max-size 5GB --yes", "Make it smaller."),
        new("cache push", "Give others what the lock file here names."),
    ]);
}
