using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// Which keys and digests must stay: those in the <c>pruning.lock.json</c> files that a build has written, as long as they exist.
/// </summary>
internal static partial class CachePins
{
    /// <summary>Notes where a lock file is.</summary>
    public static void Add(LocalStore store, string lockFilePath)
    {
        string path = Path.GetFullPath(lockFilePath);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)));
        TempFile.Write(store.Temp, Path.Combine(store.Pins, name), Encoding.UTF8.GetBytes(path));
    }

    /// <summary>The notes whose lock file is gone.</summary>
    public static IEnumerable<string> Outdated(LocalStore store) => Notes(store).Where(note => !File.Exists(File.ReadAllText(note)));

    /// <summary>Every key and digest that a lock file names.</summary>
    public static HashSet<string> Read(LocalStore store)
    {
        var pinned = new HashSet<string>();
        foreach (string note in Notes(store))
        {
            string path = File.ReadAllText(note);
            if (File.Exists(path))
            {
                pinned.UnionWith(Keys().Matches(File.ReadAllText(path)).Select(match => match.Value));
            }
        }

        return pinned;
    }

    /// <summary>Whether an entry must stay: it is named itself, or bytes of it are.</summary>
    public static bool Holds(IReadOnlySet<string> pinned, CacheEntry entry) =>
        pinned.Contains(entry.Key) || entry.Files.Any(file => pinned.Contains(file.Digest));

    private static IEnumerable<string> Notes(LocalStore store) =>
        Directory.Exists(store.Pins) ? Directory.EnumerateFiles(store.Pins) : [];

    /// <summary>Looked for in the text, so that a file in the middle of a merge keeps what both sides name.</summary>
    [GeneratedRegex("(?<=\")[0-9a-f]{64}(?=\")")]
    private static partial Regex Keys();
}
