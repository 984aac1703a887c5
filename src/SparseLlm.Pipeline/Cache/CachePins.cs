using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Local;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// Which entries must stay: those whose keys are in the <c>pruning.lock.json</c> files that a build has written, as
/// long as they exist. A note of such a file is its path, under the digest of the path. Digests in them say nothing:
/// every artifact of a model has the model's tokenizer.
/// </summary>
internal sealed partial class CachePins
{
    private const int LongestPath = 1 << 16;
    private const int LongestLockFile = 1 << 28;

    private readonly IReadOnlyList<(string Path, HashSet<string> Names)> lockFiles;

    private CachePins(IReadOnlyList<(string Path, HashSet<string> Names)> lockFiles) => this.lockFiles = lockFiles;

    /// <summary>Notes where a lock file is.</summary>
    public static void Add(LocalStore store, string lockFilePath)
    {
        string path = Path.GetFullPath(lockFilePath);
        TempFile.Write(store.Temp, Path.Combine(store.Pins, NameOf(path)), Encoding.UTF8.GetBytes(path));
    }

    /// <summary>The notes whose lock file is gone.</summary>
    public static IEnumerable<string> Outdated(LocalStore store) =>
        LocalStore.Files(store.Pins).Where(note => LockFileOf(note) is { } path && !File.Exists(path))
            .Select(note => note.Path);

    /// <summary>Every key that a lock file names. One that cannot be read pins nothing.</summary>
    public static CachePins Read(LocalStore store) => new(
    [
        .. from note in LocalStore.Files(store.Pins)
           let path = LockFileOf(note)
           where path is not null
           let text = TryRead(path, LongestLockFile)
           where text is not null
           orderby path
           select (path, Keys().Matches(text).Select(match => match.Value).ToHashSet()),
    ]);

    /// <summary>Whether an entry must stay.</summary>
    public bool Holds(CacheEntry entry) => lockFiles.Any(file => file.Names.Contains(entry.Key));

    /// <summary>The lock files that keep any of these entries, those that keep the most bytes first.</summary>
    public IReadOnlyList<PinningLockFile> Describe(IReadOnlyList<CacheEntry> entries) =>
    [
        .. from file in lockFiles
           let held = entries.Where(entry => file.Names.Contains(entry.Key)).ToArray()
           where held.Length > 0
           let bytes = CacheEntry.SizeOf(held)
           orderby bytes descending
           select new PinningLockFile(file.Path, held.Length, bytes),
    ];

    /// <summary>The lock file that a note is of; null where the note cannot be read, or was not written here.</summary>
    private static string? LockFileOf(StoredFile note)
        => TryRead(note.Path, LongestPath) is { } path && note.Name == NameOf(path)
            && Path.IsPathFullyQualified(path) ? path : null;

    private static string NameOf(string path)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)));

    private static string? TryRead(string path, int maximumLength)
    {
        try
        {
            return Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, maximumLength));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Looked for in the text, so that a file in the middle of a merge keeps what both sides name.</summary>
    [GeneratedRegex("(?<=\")[0-9a-f]{64}(?=\")")]
    private static partial Regex Keys();
}
