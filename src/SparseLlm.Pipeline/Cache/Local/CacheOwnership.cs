using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>
/// Whose a folder is that somebody names as the cache. It may be any, with files in it that are dear to somebody, and a
/// link in it may lead to any other. So a folder is a cache if it is marked as one of this tool
/// (<see cref="CacheTag"/>), if it is empty, or if it is not there yet; every other is refused.
/// </summary>
internal static class CacheOwnership
{
    /// <summary>Makes sure that a folder is a cache, or can become one.</summary>
    /// <exception cref="DiagnosticException">It is the folder of somebody else.</exception>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    public static void Check(LocalStore store)
    {
        if (!Directory.Exists(store.Root))
        {
            if (File.Exists(store.Root))
            {
                throw NotACache(store, "it is a file and not a folder");
            }

            return;
        }

        // A cache that another process begins at this moment: its mark is on the way.
        FileSystemInfo[] content = [.. new DirectoryInfo(store.Root).EnumerateFileSystemInfos()
            .Where(item => !TempFile.IsName(item.Name))];
        if (content.Length == 0)
        {
            return;
        }

        if (CacheTag.IsIn(store.Root))
        {
            foreach (FileSystemInfo item in content.Where(item => store.Folders.Contains(item.FullName)))
            {
                CheckFolder(store, item);
            }

            return;
        }

        if (content.All(item => IsOfUnmarkedCache(store, item)))
        {
            CacheTag.Write(store.Root);
            return;
        }

        throw NotACache(store, content.Any(item => item.Name == CacheTag.Name)
            ? $"its {CacheTag.Name} is that of another tool"
            : $"it has files in it and no {CacheTag.Name} of this tool");
    }

    /// <summary>What is in a folder that cannot be listed is not missing.</summary>
    private static void CheckFolder(LocalStore store, FileSystemInfo item)
    {
        if (item.LinkTarget is { } target)
        {
            throw NotACache(store, $"'{item.Name}' in it is a link to {target}");
        }

        if (item is DirectoryInfo folder)
        {
            _ = folder.EnumerateFileSystemInfos().Any();
        }
    }

    /// <summary>A cache used to be marked when the first entry was stored. Before that there were digests of files in
    /// it, and locks, which are empty.</summary>
    private static bool IsOfUnmarkedCache(
        LocalStore store,
        FileSystemInfo folder) => folder is DirectoryInfo { LinkTarget: null } directory
        && (folder.FullName == store.Digests
            ? directory.EnumerateFileSystemInfos().All(IsMemo)
            : folder.FullName == store.Locks && directory.EnumerateFileSystemInfos().All(IsLock));

    private static bool IsMemo(FileSystemInfo item)
        => TempFile.IsName(item.Name) || FileDigestMemo.TryRead(item.FullName) is not null;

    private static bool IsLock(FileSystemInfo item)
        => Sha256Text.IsValid(item.Name) && RegularFile.IsAt(item.FullName) && item is FileInfo { Length: 0 };

    private static DiagnosticException NotACache(
        LocalStore store,
        string reason) => PipelineDiagnostics.NotACache.Error(
            new SourceLocation(store.Root),
            $"this is not a cache of this tool: {reason}; nothing in it was touched. Name an empty or a new folder "
            + $"with "
            + $"--cache or in {CacheFolder.Variable}");
}
