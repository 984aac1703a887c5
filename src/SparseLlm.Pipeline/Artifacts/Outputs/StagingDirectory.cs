using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Artifacts.Outputs;

/// <summary>
/// An artifact's directory that comes into being whole or not at all: written beside its target, then renamed onto it.
/// An artifact that stood there before stays until that moment; files that a user has put into it are moved over. A
/// target that is a link is the directory that it leads to.
/// </summary>
internal sealed class StagingDirectory : IDisposable
{
    private readonly string target;
    private readonly IReadOnlySet<string> files;
    private readonly bool isShared;
    private bool committed;

    private StagingDirectory(string target, IReadOnlySet<string> files, bool isShared, string path) =>
        (this.target, this.files, this.isShared, Path) = (target, files, isShared, path);

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>Begins a directory.</summary>
    /// <param name="target">Where it will stand.</param>
    /// <param name="files">The files that will be in it, relative to it, with <c>/</c> between folders.</param>
    /// <param name="isShared">
    /// Whether the directory may hold files of the user's before there is an artifact in it. It may where a recipe has
    /// given it the artifact's name: a build that was cleaned leaves them. What is named on a command line may be
    /// anything.
    /// </param>
    /// <exception cref="DiagnosticException">Something stands there that is not an artifact or has a name that the
    /// artifact needs, or it cannot be written.</exception>
    public static StagingDirectory Create(string target, IReadOnlySet<string> files, bool isShared = false)
    {
        string resolved = Resolve(target);
        RequireReplaceable(resolved, files, isShared);
        string path = Sibling(resolved, "staging");
        try
        {
            DeleteOwn(path);
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(
                new SourceLocation(target), $"the output directory cannot be written: {exception.Message}", exception);
        }

        return new StagingDirectory(resolved, files, isShared, path);
    }

    /// <summary>Makes sure that a directory can be begun, as far as that can be told before.</summary>
    /// <inheritdoc cref="Create" path="/param|/exception"/>
    public static void Check(string target, IReadOnlySet<string> files, bool isShared = false)
        => RequireReplaceable(Resolve(target), files, isShared);

    /// <summary>Whether a process that was killed has left something beside a target.</summary>
    public static bool HasLeftovers(string target) =>
        Resolve(target) is var resolved
            && (Directory.Exists(Sibling(resolved, "staging")) || Directory.Exists(Sibling(resolved, "old")));

    /// <summary>
    /// Clears up behind a process that was killed: what it was writing goes, an artifact that it had moved away and not
    /// replaced comes back, and files of the user's that it had not moved over yet are.
    /// </summary>
    /// <exception cref="DiagnosticException">Files of the user's cannot be moved over.</exception>
    public static void Recover(string target)
    {
        string resolved = Resolve(target);
        DeleteOwn(Sibling(resolved, "staging"));
        string old = Sibling(resolved, "old");
        if (!Directory.Exists(old))
        {
            return;
        }

        RequireOwn(old);
        if (Directory.Exists(resolved))
        {
            Dissolve(old, resolved);
        }
        else
        {
            Directory.Move(old, resolved);
        }
    }

    /// <summary>Removes what was written, to begin anew.</summary>
    public void Clear()
    {
        DeleteOwn(Path);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Puts the directory in its place.</summary>
    /// <exception cref="DiagnosticException">Something has come into its place meanwhile.</exception>
    public void Commit()
    {
        RequireReplaceable(target, files, isShared);
        string old = Sibling(target, "old");
        bool isReplaced = Directory.Exists(target);
        if (isReplaced)
        {
            Directory.Move(target, old);
        }

        try
        {
            Directory.Move(Path, target);
            committed = true;
        }
        catch when (isReplaced)
        {
            Directory.Move(old, target);
            throw;
        }

        if (isReplaced)
        {
            Dissolve(old, target);
        }
    }

    /// <summary>Leaves nothing behind unless <see cref="Commit"/> was called.</summary>
    public void Dispose()
    {
        if (!committed)
        {
            DeleteOwn(Path);
        }
    }

    private static string Resolve(string target)
    {
        try
        {
            return ResolvedPath.Of(target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PipelineDiagnostics.InputOutput.Error(new SourceLocation(target), exception.Message, exception);
        }
    }

    /// <summary>Only an artifact is replaced, and only where nothing of the user's would have to give way.</summary>
    private static void RequireReplaceable(string target, IReadOnlySet<string> files, bool isShared)
    {
        if (System.IO.Path.Exists(target) && !Directory.Exists(target))
        {
            throw NotOurs(target, "the output exists and is not a directory; choose another output or remove it");
        }

        if (!Directory.Exists(target))
        {
            return;
        }

        if (DriveInfo.GetDrives().Any(drive => System.IO.Path.TrimEndingDirectorySeparator(drive.RootDirectory.FullName)
            .Equals(target, ResolvedPath.Comparison)))
        {
            throw NotOurs(target, "a disk is mounted here, which cannot be replaced as artifacts are; name a directory "
                + "on it as the output");
        }

        if (ResolvedPath.IsWithin(ResolvedPath.Of(Environment.CurrentDirectory), target))
        {
            throw NotOurs(
                target,
                "the current directory is in the output, which is replaced as a whole; change to another one first");
        }

        if (ArtifactFiles.In(target) is { } own)
        {
            UserFiles.RequireRoom(target, own, files);
        }
        else if (isShared)
        {
            UserFiles.RequireRoom(target, new HashSet<string>(), files);
        }
        else if (Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw NotOurs(
                target,
                $"the output exists and has no {ArtifactManifest.FileName} of this tool, so it is not an artifact and "
                + $"will not be overwritten; "
                + "choose another output or remove it");
        }
    }

    /// <summary>Moves what is the user's in an artifact over into the one that has replaced it, and removes the
    /// rest.</summary>
    private static void Dissolve(string old, string target)
    {
        IReadOnlySet<string> own = ArtifactFiles.In(old) ?? new HashSet<string>();
        UserFiles.Move(old, target, own);
        UserFiles.RemoveOthers(old, own);
        if (Directory.Exists(old))
        {
            throw NotOurs(old, $"this holds files of yours whose names are taken in '{target}'; move them elsewhere");
        }
    }

    private static string Sibling(string target, string kind) =>
        System.IO.Path.Combine(
            System.IO.Path.GetDirectoryName(target) ?? target,
            $".{System.IO.Path.GetFileName(target)}.sparsellm-{kind}");

    /// <summary>Deletes a directory under a name that only this tool gives.</summary>
    private static void DeleteOwn(string path)
    {
        if (Directory.Exists(path))
        {
            RequireOwn(path);
            Directory.Delete(path, recursive: true);
        }
    }

    private static void RequireOwn(string path)
    {
        if (new DirectoryInfo(path).LinkTarget is not null)
        {
            throw NotOurs(path, "this is in the way of the output, and is a link to somewhere else; remove it");
        }
    }

    private static DiagnosticException NotOurs(string path, string problem)
        => PipelineDiagnostics.OutputNotOurs.Error(new SourceLocation(path), problem);
}
