using System.Text.Json;
using System.Text.RegularExpressions;
using SparseLlm.Files;

namespace SparseLlm.Hub.Listing;

/// <summary>The files of a commit while their pages come in. Nothing is taken as the server says it: paths lead to
/// places in a snapshot, each to one of its own, and there is an end.</summary>
internal sealed partial class HubListing
{
    private const int MostFiles = 200_000;

    private readonly List<HubFile> files = [];
    private readonly List<string> folders = [];
    private readonly HashSet<string> paths = new(StringComparer.FromComparison(ResolvedPath.Comparison));

    /// <summary>The files that have come.</summary>
    public IReadOnlyList<HubFile> Files => files;

    /// <summary>The paths of the folders that have come.</summary>
    public IReadOnlyList<string> Folders => folders;

    /// <summary>Takes a page of the hub's <c>tree</c>.</summary>
    /// <exception cref="InvalidDataException">It cannot be that of a repository.</exception>
    public void AddPage(JsonElement page)
    {
        if (page.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException("the list of files is no list");
        }

        foreach (JsonElement entry in page.EnumerateArray())
        {
            if (Text(entry, "type") == "file")
            {
                JsonElement? large = Property(entry, "lfs");
                Add(
                    Text(entry, "path"),
                    Number(large ?? entry, "size"),
                    Text(entry, "oid"),
                    large is { } pointer ? Text(pointer, "oid") : null);
            }
            else if (Text(entry, "path") is { } folder && HubPath.IsValid(folder) && folders.Count < MostFiles)
            {
                folders.Add(folder);
            }
        }
    }

    /// <summary>Takes a file. One that cannot be called so here, where git can, is left out: a model has no need of it,
    /// and other files of the repository are as good as ever.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="size">Its length.</param>
    /// <param name="gitId">Git's SHA-1, of the pointer if it is a large file.</param>
    /// <param name="sha256">The SHA-256 of a large file.</param>
    /// <exception cref="InvalidDataException">It cannot be one.</exception>
    public void Add(string? path, long? size, string? gitId, string? sha256)
    {
        Require(
            path is not null && HubPath.IsPossible(path),
            $"it has a file '{path}', which is no path in a repository");
        if (!HubPath.IsValid(path!))
        {
            return;
        }

        Require(paths.Add(path!), $"it has the file '{path}' twice");
        Require(size >= 0, $"the file '{path}' has no size");
        Require(
            sha256 is null ? GitIds().IsMatch(gitId ?? "") : Sha256s().IsMatch(sha256),
            $"the file '{path}' has no digest");
        Require(files.Count < MostFiles, FormattableString.Invariant($"it has more than {MostFiles} files"));
        files.Add(new HubFile(path!, size!.Value, sha256 ?? gitId!, sha256 is not null)
        {
            PointerId = sha256 is null ? null : gitId
        });
    }

    /// <summary>Whether a name among <c>blobs</c> is that of a large file's content.</summary>
    public static bool IsSha256(string id) => Sha256s().IsMatch(id);

    /// <summary>Whether a name among <c>blobs</c> is that of any other content.</summary>
    public static bool IsGitId(string id) => GitIds().IsMatch(id);

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new InvalidDataException(problem);
        }
    }

    private static JsonElement? Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement element, string name)
        => Property(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long number)
            ? number
            : null;

    [GeneratedRegex("^[0-9a-f]{40}\\z")]
    private static partial Regex GitIds();

    [GeneratedRegex("^[0-9a-f]{64}\\z")]
    private static partial Regex Sha256s();
}
