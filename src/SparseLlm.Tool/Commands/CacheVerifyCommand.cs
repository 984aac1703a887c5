using System.CommandLine;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Settings;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Commands;

/// <summary><c>sparsellm cache verify</c>: reads everything in the cache and drops what is damaged.</summary>
internal static class CacheVerifyCommand
{
    public static Command Create()
    {
        Option<string?> cache = CommandAction.Cache();
        Option<bool> json = CommandAction.Json();
        var command = new Command(
            "verify",
            "Compare everything in the cache with its digests, and drop what is damaged.") { cache, json };
        command.SetWork((arguments, cancellation) =>
        {
            CacheVerification verification = CacheVerification.Run(
                CommandAction.OpenCache(arguments.GetValue(cache)),
                cancellation);
            new Terminal(arguments.GetValue(json)).Result(
                new
                {
                    FormatVersion = 1,
                    verification.Entries,
                    verification.Blobs,
                    verification.Bytes,
                    verification
                    .Problems
                },
                console => Show(verification, console));
            return verification.Problems.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command.WithExamples([new("cache verify", "Read everything in the cache and drop what is damaged."),]);
    }

    private static void Show(CacheVerification verification, TextOutput console)
    {
        foreach (CacheProblem problem in verification.Problems)
        {
            console.WriteLine(
                $"{problem.Path}: {problem.Reason}; {(problem.IsDropped ? "dropped" : "it could not be dropped")}");
        }

        string result = verification.Problems.Count == 0
            ? "all is well"
            : $"{verification.Problems.Count} damaged files";
        console.WriteLine($"{verification.Entries} entries, {ByteSize.Format(verification.Bytes)} in "
            + $"{verification.Blobs} files: {result}");
    }
}
