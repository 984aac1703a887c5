using System.Text;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>
/// <c>CACHEDIR.TAG</c> tells backup programs to leave a folder out, and this tool that the folder is a cache of its
/// own: it deletes nothing in any other. Other tools have a file of this name too, so a line in it says whose it is.
/// </summary>
internal static class CacheTag
{
    /// <summary>The file's name.</summary>
    public const string Name = "CACHEDIR.TAG";

    // Fixed by https://bford.info/cachedir/: backup programs look for it at the beginning of the file.
    private const string Signature = "Signature: 8a477f597d28d172789f06886806bc55";

    private const string Owner = "# This folder is a cache of dotnet sparsellm.";

    // All that was there before the line above; no other tool has it.
    private const string Disposable
        = "# This folder can be deleted at any time: everything in it can be computed again.";

    private const int MaximumLength = 1 << 16;

    /// <summary>Whether a folder is marked as a cache of this tool.</summary>
    public static bool IsIn(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!RegularFile.IsAt(path))
        {
            return false;
        }

        string[] lines = Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, MaximumLength))
            .Split('\n', StringSplitOptions.TrimEntries);
        return lines[0].StartsWith(Signature, StringComparison.Ordinal)
            && lines.Any(line => line is Owner or Disposable);
    }

    /// <summary>Marks a folder.</summary>
    public static void Write(string folder) =>
        TempFile.Write(
            folder,
            Path.Combine(folder, Name),
            Encoding.UTF8.GetBytes($"{Signature}\n{Owner}\n{Disposable}\n"));
}
