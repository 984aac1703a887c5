using SparseLlm.Pipeline.Cache;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Tool.Output;

/// <summary>The lock files that keep entries of a cache, as text.</summary>
internal static class PinText
{
    /// <summary>Writes a line for each.</summary>
    public static void WritePins(this TextOutput console, IEnumerable<PinningLockFile> lockFiles)
    {
        foreach (PinningLockFile lockFile in lockFiles)
        {
            console.WriteLine($"  {lockFile.Path}: {lockFile.Entries} entries, {ByteSize.Format(lockFile.Bytes)}");
        }
    }
}
