namespace SparseLlm.Pipeline.History;

/// <summary>A commit.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="ShortHash">As much of the hash as people write.</param>
/// <param name="Date">When it was committed.</param>
/// <param name="Subject">The first line of its message.</param>
internal sealed record HistoryCommit(string Hash, string ShortHash, DateTimeOffset Date, string Subject);
