using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Hub;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Locking;

/// <summary>What an address of the hub stands for.</summary>
/// <param name="Commit">The commit of its revision.</param>
/// <param name="Files">The files that are read of it, with their digests; none where no build has read it at this
/// commit.</param>
internal sealed record LockedSource(string Commit, IReadOnlyDictionary<string, string> Files) : IJsonOnDeserialized
{
    /// <summary>Which of its files are not as they were at the same commit, where a commit's files never change: the
    /// hub's cache is damaged, or the lock file is.</summary>
    /// <param name="source">The source as it is here.</param>
    /// <param name="digest">Gives the digest of a file by its path.</param>
    public IEnumerable<Diagnostic> Damage(HubSource source, Func<string, string> digest) =>
        from file in source.Commit == Commit ? Files : new Dictionary<string, string>()
        let path = Path.Combine(source.Directory, file.Key)
        where !source.Files.Contains(file.Key) || digest(path) != file.Value
        select HubDiagnostics.Damaged.At(
            new SourceLocation(path),
            $"{source.Address} at {HubAddress.Short(Commit)}: '{file.Key}' is not the file that the lock file has for "
            + $"this commit; delete '{ResolvedPath.Of(path)}', and the next build downloads it again, or correct the "
            + $"lock file");

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(HubAddress.IsCommit(Commit), "a source in it has something else than a commit for one");
        RecordJson.Require(
            Files.Values.All(Sha256Text.IsValid),
            "a source in it has something else than digests for its files");
        RecordJson.Require(Files.Keys.All(HubPath.IsValid), "a source in it has a file that lies outside of it");
    }
}
