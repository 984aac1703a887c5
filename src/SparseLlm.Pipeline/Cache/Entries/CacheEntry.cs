using System.Text.Json;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Cache.Entries;

/// <summary>What a step once produced: files by digest, and what was measured.</summary>
/// <param name="Key">The key of the step.</param>
/// <param name="Kind">What kind of step.</param>
/// <param name="Description">For people: <c>layer 3 of tiny-opt</c>.</param>
/// <param name="Files">Its files.</param>
/// <param name="Metadata">Whatever the step wants to know again, as JSON.</param>
internal sealed record CacheEntry(
    string Key, string Kind, string Description, IReadOnlyList<CachedFile> Files, JsonElement? Metadata)
{
    /// <summary>What it was made for; null where an older version has stored it.</summary>
    public EntryOrigin? Origin { get; init; }

    /// <summary>Bytes of its files.</summary>
    public long Size => Files.Sum(file => file.Length);

    /// <summary>Bytes of the files of several entries, which may have some in common.</summary>
    public static long SizeOf(IEnumerable<CacheEntry> entries) =>
        (long)UInt128.Min(
            entries.SelectMany(entry => entry.Files).DistinctBy(file => file.Digest)
                .Aggregate(UInt128.Zero, (sum, file) => sum + (ulong)file.Length), long.MaxValue);

    /// <summary>The metadata as what it was written from.</summary>
    /// <param name="kind">The kind of step that wrote it.</param>
    /// <exception cref="InvalidDataException">There is none, it has another shape or breaks its rules, or the entry is
    /// of another kind.</exception>
    public T MetadataAs<T>(string kind)
        where T : class
    {
        if (Kind != kind || Metadata is not { } json)
        {
            throw new InvalidDataException($"it does not hold what a step of the kind '{kind}' leaves");
        }

        try
        {
            return RecordJson.Read<T>(json);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"what it says of its step does not make sense ({exception.Message})",
                exception);
        }
    }
}

/// <summary>An entry, and its metadata as the step knows it.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Metadata">What was read from it.</param>
internal sealed record CacheHit<T>(CacheEntry Entry, T Metadata);
