using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>An artifact in another format, in its directory.</summary>
/// <param name="Format">The format: <c>gguf</c>.</param>
/// <param name="Type">How matrices are stored: <c>q8_0</c>.</param>
/// <param name="Key">The key of everything that decides its bits.</param>
/// <param name="Files">Its files, the one to load first; others are parts of it.</param>
/// <param name="Notes">Where its runtimes are known to do something else than the model, and what else a user should
/// know.</param>
internal sealed record ExportReport(
    string Format,
    string Type,
    string Key,
    IReadOnlyList<ExportedFile> Files,
    IReadOnlyList<ExportNote> Notes)
    : IJsonOnDeserialized
{
    /// <summary>The name of the file to load.</summary>
    [JsonIgnore]
    public string File => Files[0].Name;

    /// <summary>The digest of its file, or one for all of its parts.</summary>
    [JsonIgnore]
    public string Digest => Files.Count == 1
        ? Files[0].Digest
        : ModelFiles.Digest(Files.ToDictionary(file => file.Name, file => file.Digest));

    /// <summary>Bytes of all its files.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Bytes);

    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(Sha256Text.IsValid(Key), "an export has something else than a key for one");
        RecordJson.Require(
            Files.Count > 0 && Files.DistinctBy(file => file.Name).Count() == Files.Count,
            "an export has no file, or one twice");
    }
}

/// <summary>A file of an export.</summary>
/// <param name="Name">Its name in the artifact's directory.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record ExportedFile(string Name, string Digest, long Bytes) : IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized()
    {
        RecordJson.Require(
            CachedFile.IsRelative(Name) && !Name.Contains('/', StringComparison.Ordinal),
            "an export has a file that does not lie beside the model");
        RecordJson.Require(
            Sha256Text.IsValid(Digest) && Bytes is >= 0 and < 1L << 50,
            "an export has a file that cannot be");
    }
}

/// <summary>A note on an export, kept for those who take it from the cache.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Title">What codes of this kind are about.</param>
/// <param name="Message">What is the matter.</param>
/// <param name="IsWarning">Whether it comes as a warning, with every build.</param>
internal sealed partial record ExportNote(string Code, string Title, string Message, bool IsWarning)
    : IJsonOnDeserialized
{
    /// <summary>The note, as it was given.</summary>
    public static ExportNote Of(Diagnostic diagnostic)
        => new(diagnostic.Code, diagnostic.Descriptor.Title, diagnostic.Message,
        diagnostic.Severity == Severity.Warning);

    /// <summary>The note, to be given again.</summary>
    public Diagnostic At(SourceLocation location)
        => new DiagnosticDescriptor(Code, Title, IsWarning ? Severity.Warning : Severity.Note).At(location, Message);

    void IJsonOnDeserialized.OnDeserialized()
        => RecordJson.Require(Codes().IsMatch(Code), "an export has a note without a code");

    [GeneratedRegex(@"^SLM[0-9]{4}\z")]
    private static partial Regex Codes();
}
