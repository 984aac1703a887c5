using Microsoft.Extensions.FileSystemGlobbing;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Recipes.Reading;

/// <summary>Finds the files that a recipe names, relative to its folder. What does not exist is reported.</summary>
/// <param name="folder">The recipe's folder, absolute.</param>
/// <param name="diagnostics">Receives mistakes.</param>
internal sealed class RecipeFiles(string folder, DiagnosticBag diagnostics)
{
    // Each is a search through a tree of directories.
    private const int MostGlobs = 100;

    private readonly List<string> globs = [];

    /// <summary>The globs that were asked for, absolute.</summary>
    public IReadOnlyList<string> Globs => globs;

    /// <summary>The absolute paths of a file, or of all files that a glob matches, sorted ordinally; an address of the
    /// hub stays one.</summary>
    public IReadOnlyList<string> Files(string text, SourceLocation location)
    {
        if (HubAddress.IsMeant(text))
        {
            return Address(text, RepositoryKind.Dataset, location) is { } address
            ? [address]
            : [];
        }

        if (text.Contains('*'))
        {
            return globs.Count < MostGlobs ? Glob(text, location) : ReportTooManyGlobs(location);
        }

        if (File.Exists(Combine(text)))
        {
            return [Path.GetFullPath(Combine(text))];
        }

        ReportNotFound(location, $"file '{text}' does not exist");
        return [];
    }

    /// <summary>A path as a recipe would write it, for messages.</summary>
    public string Shown(string path) => Path.GetRelativePath(folder, path) is var relative
            && relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;

    /// <summary>The absolute path of the model directory, or its address on the hub; null where it is
    /// neither.</summary>
    public string? Model(string text, SourceLocation location)
    {
        if (HubAddress.IsMeant(text))
        {
            return Address(text, RepositoryKind.Model, location);
        }

        string path = Combine(text);
        if (MeantModel.Hint(path, text) is not { } hint)
        {
            return Path.TrimEndingDirectorySeparator(
            Path.GetFullPath(path));
        }

        diagnostics.Add(RecipeDiagnostics.NotFound, location,
            $"model '{text}': {hint}{(Path.Exists(path) ? "" : $" (paths are relative to the recipe's folder '{folder}')")}");
        return null;
    }

    private IReadOnlyList<string> ReportTooManyGlobs(SourceLocation location)
    {
        diagnostics.Add(RecipeDiagnostics.TooMany, location, FormattableString.Invariant(
            $"a recipe can name at most {MostGlobs} globs; let one glob match what several do"));
        return [];
    }

    private string Combine(string text) => Path.Combine(folder, text);

    private void ReportNotFound(SourceLocation location, string problem) =>
        diagnostics.Add(
            RecipeDiagnostics.NotFound,
            location,
            $"{problem}; paths are relative to the recipe's folder '{folder}'");

    private IReadOnlyList<string> Glob(string glob, SourceLocation location)
    {
        try
        {
            globs.Add(Path.GetFullPath(Combine(glob)));
            List<string> files = Matches(glob);
            if (files.Count == 0)
            {
                ReportNotFound(location, $"no file matches '{glob}'");
            }

            return files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            diagnostics.Add(RecipeDiagnostics.NotFound, location,
                $"files that match '{glob}' cannot be searched for; name them one by one ({exception.Message})");
            return [];
        }
    }

    // The matcher works below one directory; what stands before the first wildcard is that directory.
    private List<string> Matches(string glob)
    {
        string[] segments = glob.Replace('\\', '/').Split('/');
        int wildcard = Array.FindIndex(segments, segment => segment.Contains('*'));
        string root = Path.GetFullPath(Combine(string.Join('/', segments[..wildcard]) + (wildcard > 0 ? "/" : "")));
        if (!Directory.Exists(root))
        {
            return [];
        }

        var matcher = new Matcher(StringComparison.Ordinal).AddInclude(string.Join('/', segments[wildcard..]));
        return [.. matcher
            .Execute(new GlobDirectory(root))
            .Files
            .Select(match => match.Path)
            .Order(StringComparer.Ordinal)
            .Select(path => Path.GetFullPath(Path.Combine(root, path)))];
    }

    private string? Address(string text, RepositoryKind expected, SourceLocation location)
    {
        HubAddress? address = HubAddress.TryParse(text, expected, out string problem);
        if (address is null)
        {
            diagnostics.Add(HubDiagnostics.Address, location, $"'{text}': {problem}");
        }

        return address?.ToString();
    }
}
