using System.CommandLine;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cache</c>: what was computed before, here and elsewhere.</summary>
internal static class CacheCommand
{
    public static Command Create() => new("cache", "List, check, clear up or exchange what was computed before.")
    {
        CacheListCommand.Create(),
        CacheVerifyCommand.Create(),
        CacheCollectCommand.Create(),
        CacheExchangeCommand.CreatePush(),
        CacheExchangeCommand.CreatePull(),
    };
}
