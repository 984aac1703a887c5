namespace SparseLlm.Hub;

/// <summary>What an address stands for, once it is here.</summary>
/// <param name="Address">As it was asked for.</param>
/// <param name="Commit">What its revision stood for.</param>
/// <param name="Directory">The snapshot of that commit in the cache.</param>
/// <param name="Files">Paths relative to it, with <c>/</c> between folders, in ordinal order.</param>
public sealed record HubSource(HubAddress Address, string Commit, string Directory, IReadOnlyList<string> Files)
{
    /// <summary>Whether these are all that are needed: what another program has left of a commit may be a part of it,
    /// and offline nobody can be asked.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>The absolute paths of the files.</summary>
    public IEnumerable<string> Paths => Files.Select(file => Path.Combine(Directory, file));
}
