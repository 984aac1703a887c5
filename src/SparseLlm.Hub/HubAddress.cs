using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;

namespace SparseLlm.Hub;

/// <summary>
/// Where something is on the hub: <c>hf://owner/name@revision</c>, and of data sets the files too, as
/// <c>hf://datasets/owner/name@revision/path</c> or, with the revision last,
/// <c>hf://datasets/owner/name/path@revision</c>. A slash in the name of a branch is written <c>%2F</c> where something
/// may follow it, but for
/// <c>refs/pr/1</c> and <c>refs/convert/parquet</c>.
/// </summary>
/// <param name="Kind">What the repository holds.</param>
/// <param name="Repository"><c>owner/name</c>, or the name alone of those that are older than owners
/// (<c>gpt2</c>).</param>
/// <param name="Revision">A branch, a tag, a reference or a commit; <see cref="MainRevision"/> where none is
/// written.</param>
/// <param name="Path">The file of a data set, or a pattern of files with <c>*</c> and <c>**</c>; null of a
/// model.</param>
public sealed partial record HubAddress(RepositoryKind Kind, string Repository, string Revision, string? Path)
{
    /// <summary>The branch that is meant where none is written.</summary>
    public const string MainRevision = "main";

    /// <summary>How addresses begin.</summary>
    public const string Scheme = "hf://";

    internal const string DatasetsPrefix = "datasets/";

    /// <summary>Whether the revision is a commit, which no branch or tag can move away from.</summary>
    public bool IsPinned => IsCommit(Revision);

    /// <summary>Whether the path may stand for several files.</summary>
    public bool IsPattern => Path?.Contains('*') == true;

    /// <summary>Whether somebody who wrote a text means something on the hub, though it may be no address: a page of
    /// it, or the beginning mistyped.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith("hf:", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            || OfPage(text) is not null;

    /// <summary>Whether a text is meant to be an address on the hub.</summary>
    public static bool IsOne(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an address.</summary>
    /// <param name="text">What somebody has written.</param>
    /// <param name="problem">What is wrong with it and what to write instead; empty if nothing is.</param>
    public static HubAddress? TryParse(string text, out string problem) => HubAddressParser.TryParse(text, out problem);

    /// <summary>Reads an address of something of a kind.</summary>
    /// <param name="text">What somebody has written.</param>
    /// <param name="expected">What it is to hold.</param>
    /// <param name="problem">As above.</param>
    public static HubAddress? TryParse(string text, RepositoryKind expected, out string problem)
    {
        HubAddress? address = TryParse(text, out problem);
        bool isDataset = text.StartsWith(Scheme + DatasetsPrefix, StringComparison.OrdinalIgnoreCase);
        if (!IsOne(text) || isDataset == (expected == RepositoryKind.Dataset))
        {
            return address;
        }

        string rest = text[Scheme.Length..];
        problem = isDataset
            ? "it is a data set, and a model is wanted: write hf://owner/name"
            : $"it is a model, and files of a data set are wanted: write "
                + $"hf://datasets/{(rest.Split('/').Length > 2 ? rest : "owner/name/path")}";
        return null;
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="DiagnosticException">It is none.</exception>
    public static HubAddress Parse(string text)
        => TryParse(text, out string problem) ?? throw HubDiagnostics.Address.Error(null, $"'{text}': {problem}");

    /// <summary>Reads an address of something of a kind.</summary>
    /// <exception cref="DiagnosticException">It is none.</exception>
    public static HubAddress Parse(string text, RepositoryKind expected) =>
        TryParse(text, expected, out string problem)
            ?? throw HubDiagnostics.Address.Error(null, $"'{text}': {problem}");

    /// <summary>The address, with its commit, of what lies in a snapshot of the hub's cache, of whatever cache that is;
    /// null where a path leads nowhere into one.</summary>
    public static HubAddress? OfSnapshot(string path)
    {
        Match match = SnapshotPaths().Match(System.IO.Path.TrimEndingDirectorySeparator(path).Replace('\\', '/'));
        RepositoryKind kind = match.Groups["kind"].Value == "datasets" ? RepositoryKind.Dataset : RepositoryKind.Model;
        string? file = kind == RepositoryKind.Dataset && match.Groups["file"].Success
            ? match.Groups["file"].Value
            : null;
        return match.Success ? new HubAddress(
            kind,
            match.Groups["repository"].Value.Replace("--", "/", StringComparison.Ordinal),
            match.Groups["commit"].Value,
            file) : null;
    }

    /// <summary>The address of what a web page of the hub shows, such as
    /// <c>https://huggingface.co/owner/name/tree/main</c>; null where a text is none.</summary>
    public static HubAddress? OfPage(string text) => HubAddressParser.OfPage(text);

    /// <summary>Whether a text is the full name of a commit.</summary>
    public static bool IsCommit(string text) => Commits().IsMatch(text);

    /// <summary>A commit as people write it.</summary>
    public static string Short(string commit) => commit[..Math.Min(7, commit.Length)];

    /// <summary>The address as it is written in one way only.</summary>
    public override string ToString()
    {
        string prefix = Kind == RepositoryKind.Dataset ? DatasetsPrefix : "";
        string at = Revision == MainRevision && Path?.Contains('@') != true ? "" : $"@{WrittenRevision}";
        return $"{Scheme}{prefix}{Repository}{at}{(Path is null ? "" : $"/{Path}")}";
    }

    /// <summary>The repository as a part of addresses on the web, of the API, and on the hub's pages.</summary>
    internal string PagePath => Kind == RepositoryKind.Dataset ? DatasetsPrefix + Repository : Repository;

    private string WrittenRevision
        => HubAddressParser.IsReference(Revision) ? Revision : Revision.Replace("/", "%2F", StringComparison.Ordinal);

    [GeneratedRegex(
        "/(?<kind>models|datasets)--(?<repository>[^/]+)/snapshots/(?<commit>[0-9a-f]{40})(/(?<file>.+))?\\z")]
    private static partial Regex SnapshotPaths();

    [GeneratedRegex("^[0-9a-f]{40}\\z")]
    private static partial Regex Commits();
}
