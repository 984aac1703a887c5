using System.Text.Json;

namespace SparseLlm.Pipeline.Cache;

/// <summary>What a step once produced: files by digest, and what was measured.</summary>
/// <param name="Key">The key of the step.</param>
/// <param name="Kind">What kind of step.</param>
/// <param name="Description">For people: <c>layer 3 of tiny-opt</c>.</param>
/// <param name="Files">Its files.</param>
/// <param name="Metadata">Whatever the step wants to know again, as JSON.</param>
public sealed record CacheEntry(
    string Key, string Kind, string Description, IReadOnlyList<CachedFile> Files, JsonElement? Metadata)
{
    /// <summary>Bytes of its files.</summary>
    public long Size => Files.Sum(file => file.Length);

    /// <summary>The metadata as what it was written from; null where there is none, or where it has another shape.</summary>
    public T? MetadataAs<T>()
        where T : class => Metadata is { } json ? SealedJson.FromElement<T>(json) : null;
}
