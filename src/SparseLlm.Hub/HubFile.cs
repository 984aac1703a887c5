namespace SparseLlm.Hub;

/// <summary>A file of a repository, as the hub lists it.</summary>
/// <param name="Path">Its path in the repository, with slashes.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Id">What its content is known by, and the name that it has among the cache's <c>blobs</c>: the SHA-256
/// of a large file, git's SHA-1 of any other.</param>
/// <param name="IsLarge">Whether it is kept in large file storage.</param>
public sealed record HubFile(string Path, long Size, string Id, bool IsLarge)
{
    /// <summary>Git's SHA-1 of what stands for a large file in the repository, for tools that want it.</summary>
    internal string? PointerId { get; init; }
}
