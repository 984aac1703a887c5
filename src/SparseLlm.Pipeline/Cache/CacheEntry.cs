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

    /// <summary>The metadata as what it was written from.</summary>
    /// <param name="kind">The kind of step that wrote it.</param>
    /// <exception cref="InvalidDataException">There is none, it has another shape, or the entry is of another kind.</exception>
    public T MetadataAs<T>(string kind)
        where T : class => Kind == kind && Metadata is { } json && SealedJson.FromElement<T>(json) is { } metadata
            ? metadata
            : throw new InvalidDataException($"it does not hold what a step of the kind '{kind}' leaves");
}

/// <summary>An entry, and its metadata as the step knows it.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Metadata">What was read from it.</param>
public sealed record CacheHit<T>(CacheEntry Entry, T Metadata);
