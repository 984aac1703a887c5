using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Running;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Locking;

/// <summary>Holds a locked build against the lock file of its recipe.</summary>
internal sealed class LockCheck(LockFile? file, string path)
{
    private const string Unlock = "undo that, or build once without --locked and commit the new lock file";

    /// <summary>What has moved since the artifact was locked, before it is made; none if nothing has.</summary>
    /// <param name="artifact">The artifact's recipe.</param>
    /// <param name="inputs">What decides its bits now.</param>
    /// <param name="types">The types of its GGUF files now.</param>
    public IEnumerable<Diagnostic> Inputs(ArtifactRecipe artifact, ArtifactInputs inputs, IEnumerable<string> types)
    {
        if (file?.Artifacts.GetValueOrDefault(artifact.Name) is not { } locked)
        {
            string problem = file is null ? "there is no lock file" : $"the lock file does not know '{artifact.Name}'";
            return [PipelineDiagnostics.LockMissing.At(
                new SourceLocation(path), $"{problem}; build once without --locked and commit {Path.GetFileName(path)}")];
        }

        IReadOnlyList<InputChange> changes = [.. InputComparison.Compare(locked.Inputs, inputs, artifact), .. InputComparison.OfExports(locked.Exports?.Keys ?? [], types, inputs)];
        return changes.Count == 0
            ? []
            : [PipelineDiagnostics.LockMoved.At(
                artifact.Location, $"'{artifact.Name}' is locked, but {string.Join("; ", changes)}; {Unlock}")];
    }

    /// <summary>The digest that the files of an artifact must have; null where it is not locked.</summary>
    public string? Digest(ArtifactRecipe artifact) => file?.Artifacts.GetValueOrDefault(artifact.Name)?.Digest;

    /// <summary>The GGUF files that an artifact must have; null where it is not locked.</summary>
    public IReadOnlyDictionary<string, LockedExport>? Exports(ArtifactRecipe artifact) => file?.Artifacts.GetValueOrDefault(artifact.Name)?.Exports;

    /// <summary>Holds a GGUF file of an artifact against what is locked of it.</summary>
    /// <param name="request">The artifact.</param>
    /// <param name="export">The file.</param>
    /// <exception cref="DiagnosticException">It is another than the one that was locked.</exception>
    public static void Require(PruneRequest request, ExportReport export)
    {
        if (request.LockedExports?.GetValueOrDefault(export.Type) is { } locked && locked.Digest != export.Digest)
        {
            string problem = locked.Key == export.Key
                ? "build it without the cache (--cache off), and report this as a defect if the difference stays"
                : "another version of the tool or a model directory of another name writes other bytes; build once without --locked and commit the new lock file";
            throw PipelineDiagnostics.LockMoved.Error(
                request.Location, $"'{request.DisplayName}' is locked, but {export.File} has come out otherwise: digest {locked.Digest} -> {export.Digest}; {problem}");
        }
    }

    /// <summary>Holds the files of an artifact against what is locked of it.</summary>
    /// <param name="request">The artifact.</param>
    /// <param name="digest">The digest of its files.</param>
    /// <param name="isCached">Whether these are the files that the cache has for it.</param>
    /// <exception cref="DiagnosticException">They are others than those that were locked.</exception>
    public static void Require(PruneRequest request, string digest, bool isCached = false)
    {
        if (request.LockedDigest is not { } locked || locked == digest)
        {
            return;
        }

        (string finding, string remedy) = isCached
            ? ("the cache has other files for the same inputs", "build it without the cache (--cache off), and find out who has written to it")
            : ("the same inputs gave other files", "build it on the machine that wrote the lock file, and report this as a defect if the difference stays");
        throw PipelineDiagnostics.LockMoved.Error(request.Location, $"'{request.DisplayName}' is locked, but {finding}: digest {locked} -> {digest}; {remedy}");
    }
}
