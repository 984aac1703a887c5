using SparseLlm.Pipeline.Locking;

namespace SparseLlm.Pipeline.History;

/// <summary>What an artifact became at some time.</summary>
/// <param name="Artifact">Its name.</param>
/// <param name="Commit">The commit; null for what is not committed yet.</param>
/// <param name="Locked">What was locked of it; null where it was removed.</param>
internal sealed record HistoryEntry(string Artifact, HistoryCommit? Commit, LockedArtifact? Locked);
