using Microsoft.Extensions.FileSystemGlobbing;
using SparseLlm.Diagnostics;

namespace SparseLlm.Hub.Listing;

/// <summary>Which files an address names.</summary>
internal static class FileSelection
{
    /// <summary>The folder of all files that an address can name, and whether they may be in folders of it
    /// too.</summary>
    public static (string Folder, bool IsRecursive) Folder(HubAddress address)
    {
        if (address.Path is not { } path)
        {
            return ("", true);
        }

        string[] parts = path.Split('/');
        string[] folder = [.. parts[..^1].TakeWhile(part => !part.Contains('*'))];
        return (string.Join('/', folder), folder.Length < parts.Length - 1
            || parts[^1].Contains("**", StringComparison.Ordinal));
    }

    /// <summary>The files that an address names, of those that there are.</summary>
    /// <exception cref="DiagnosticException">It names none of them.</exception>
    public static IReadOnlyList<HubFile> Of(HubAddress address, IReadOnlyList<HubFile> files) =>
        TryOf(address, files) is { Count: > 0 } named
            ? named
            : throw Nothing(address, address.Path, [.. files.Select(file => file.Path)]);

    /// <summary>The files that an address names, of those that there are; perhaps none.</summary>
    public static IReadOnlyList<HubFile> TryOf(HubAddress address, IReadOnlyList<HubFile> files) => address switch
    {
        { Path: null } => files,
        { IsPattern: false } => [.. files.Where(file => file.Path == address.Path)],
        _ => Matching(address.Path, files),
    };

    /// <summary>What to say of a file or a folder that is not there.</summary>
    /// <param name="address">The address that names it.</param>
    /// <param name="path">Its path; null where a repository is empty.</param>
    /// <param name="beside">What is in its place.</param>
    public static DiagnosticException Nothing(
        HubAddress address,
        string? path,
        IReadOnlyList<string> beside) => HubDiagnostics.FileNotFound.Error(
        null,
        path is null ? $"{address}: there are no files in it"
            : path.Contains('*')
                ? $"{address}: no file of {address.Repository} matches '{path}'; '*' stands for a part of a name, "
                    + $"and '**' for any folders"
            : $"{address}: {address.Repository} has no "
                + $"'{path}'{(beside.Count == 0 ? "" : $"; {Nearest.Suggest(path, beside)}")}");

    /// <summary>What to say where an address names a folder.</summary>
    public static DiagnosticException IsFolder(HubAddress address) => HubDiagnostics.FileNotFound.Error(
        null, $"{address}: '{address.Path}' is a folder; write '{address.Path}/*' for the files in it, or "
            + $"'{address.Path}/**' for those in its folders too");

    private static IReadOnlyList<HubFile> Matching(string pattern, IReadOnlyList<HubFile> files)
    {
        Dictionary<string, HubFile> byPath = files.ToDictionary(file => file.Path);
        return [.. new Matcher(StringComparison.Ordinal).AddInclude(pattern).Match(byPath.Keys).Files
            .Select(match => byPath[match.Path])
            .OrderBy(file => file.Path, StringComparer.Ordinal)];
    }
}
