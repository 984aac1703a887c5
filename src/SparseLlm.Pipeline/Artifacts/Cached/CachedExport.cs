using System.Text.RegularExpressions;
using SparseLlm.Pipeline.Cache.Entries;

namespace SparseLlm.Pipeline.Artifacts.Cached;

/// <summary>A GGUF file in the cache, and what is to be said of it.</summary>
/// <param name="Notes">What a user should know of it.</param>
internal sealed partial record CachedExport(IReadOnlyList<ExportNote> Notes)
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "gguf";

    /// <summary>What an entry says, if its files have the names that they must have: they are restored among those of
    /// the model.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="stem">What the names begin with.</param>
    /// <exception cref="InvalidDataException">They have others, or it is no such entry.</exception>
    public static CachedExport Read(CacheEntry entry, string stem)
    {
        var export = entry.MetadataAs<CachedExport>(Kind);
        bool areNamed = entry.Files.Count > 0
            && entry.Files.DistinctBy(file => file.Name).Count() == entry.Files.Count
            && entry.Files.All(file => file.Name.StartsWith(stem, StringComparison.Ordinal)
                && Endings().IsMatch(file.Name[stem.Length..]));
        return areNamed ? export : throw new InvalidDataException("its files are not those of a GGUF file");
    }

    /// <summary>The export of an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="type">How matrices are stored.</param>
    public ExportReport Report(CacheEntry entry, string type) => new(
        Kind,
        type,
        entry.Key,
        [.. entry.Files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => new ExportedFile(file.Name, file.Digest, file.Length))],
        Notes);

    [GeneratedRegex(@"^(-[0-9]{5}-of-[0-9]{5})?\.gguf\z")]
    private static partial Regex Endings();
}
