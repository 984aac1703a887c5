using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>
/// A directory that comes into being whole or not at all: written beside its target, then renamed onto it. An artifact that stood
/// there before stays until that moment.
/// </summary>
public sealed class StagingDirectory : IDisposable
{
    private readonly string target;
    private bool committed;

    private StagingDirectory(string target, string path) => (this.target, Path) = (target, path);

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Begins a directory.</summary>
    /// <param name="target">Where it will stand.</param>
    /// <exception cref="DiagnosticException">Something stands there that is not an artifact, or it cannot be written.</exception>
    public static StagingDirectory Create(string target)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        CheckReplaceable(target);
        string path = Sibling(target, "staging");
        try
        {
            Delete(path);
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(target), $"the output directory cannot be written: {exception.Message}", exception);
        }

        return new StagingDirectory(target, path);
    }

    /// <summary>Whether a process that was killed has left something beside a target.</summary>
    public static bool HasLeftovers(string target) => Leftovers(target).Any(Directory.Exists);

    /// <summary>Removes what a process that was killed has left beside a target.</summary>
    public static void RemoveLeftovers(string target)
    {
        foreach (string path in Leftovers(target))
        {
            Delete(path);
        }
    }

    /// <summary>Puts the directory in its place.</summary>
    public void Commit()
    {
        string old = Sibling(target, "old");
        Delete(old);
        if (Directory.Exists(target))
        {
            Directory.Move(target, old);
        }

        Directory.Move(Path, target);
        committed = true;
        Delete(old);
    }

    /// <summary>Leaves nothing behind unless <see cref="Commit"/> was called.</summary>
    public void Dispose()
    {
        if (!committed)
        {
            Delete(Path);
        }
    }

    private static void CheckReplaceable(string target)
    {
        bool isForeign = File.Exists(target)
            || (Directory.Exists(target)
                && Directory.EnumerateFileSystemEntries(target).Any()
                && !File.Exists(System.IO.Path.Combine(target, ArtifactManifest.FileName)));
        if (isForeign)
        {
            throw PipelineDiagnostics.OutputNotOurs.Error(
                new SourceLocation(target),
                $"the output exists and has no {ArtifactManifest.FileName}, so it is not an artifact and will not be overwritten; "
                + "choose another output or remove it");
        }
    }

    private static string[] Leftovers(string target)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        return [Sibling(target, "staging"), Sibling(target, "old")];
    }

    private static string Sibling(string target, string kind) =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(target)!, $".{System.IO.Path.GetFileName(target)}.{kind}");

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
