using SparseLlm.Diagnostics;

namespace SparseLlm.Tool.Projects;

/// <summary>Finds the file of a project.</summary>
internal static class ProjectFile
{
    private const string Any = "*.*proj";

    /// <summary>The file that is named, or the only one in a folder that is.</summary>
    /// <exception cref="DiagnosticException">There is none, or more than one.</exception>
    public static string Find(string path)
    {
        if (File.Exists(path))
        {
            return Path.GetFullPath(path);
        }

        return In(path) switch
        {
            [var only] => only,
            [] => throw ToolDiagnostics.ProjectUnreadable.Error(
                new SourceLocation(path), Directory.Exists(path)
                    ? "there is no project file in this folder; name one"
                    : "there is no such project; name its file, or the folder that it is in"),
            var several => throw ToolDiagnostics.ProjectAmbiguous.Error(
                new SourceLocation(path), $"there is more than one project file in this folder; name one of them: "
                        + $"{string.Join(", ", several.Select(Path.GetFileName))}"),
        };
    }

    /// <summary>The only project file beside a file; null where there is none, or more than one.</summary>
    public static string? Beside(string path)
        => In(Path.GetDirectoryName(Path.GetFullPath(path))!) is [var only] ? only : null;

    private static string[] In(string folder) =>
        Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(Path.GetFullPath(folder), Any).Order(StringComparer.Ordinal)]
            : [];
}
