using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Locking;

/// <summary>Holds a locked build against the lock file of its recipe.</summary>
internal sealed class LockCheck(LockFile? file, string path)
{
    private const string Defect
        = "build it without the cache (--cache off), and report this as a defect if the difference stays";
    private const string Unlock = "undo that, or build once without --locked and commit the new lock file";

    private static readonly (string Finding, string Remedy) CachedOtherwise =
        ("the cache has other files for the same inputs",
            "build it without the cache (--cache off), and find out who has written to it");

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
                new SourceLocation(path),
                $"{problem}; build once without --locked and commit {Path.GetFileName(path)}")];
        }

        IReadOnlyList<InputChange> changes =
        [
            .. InputComparison.Compare(locked.Inputs, inputs, artifact),
            .. InputComparison.OfEncoding(locked.Encoding, artifact.Encoding, inputs),
            .. InputComparison.OfExports(locked.Exports?.Keys ?? [], types, inputs),
        ];
        return changes.Count == 0
            ? []
            : [PipelineDiagnostics.LockMoved.At(
                artifact.Location, $"'{artifact.Name}' is locked, but {string.Join("; ", changes)}; {Unlock}")];
    }

    /// <summary>The prune of an artifact, held to what is locked of it.</summary>
    public PruneRequest Locked(
        ArtifactRecipe artifact,
        PruneRequest request) => file?.Artifacts.GetValueOrDefault(artifact.Name) is { } locked
        ? request with { LockedDigest = locked.Digest, LockedPacking = locked.Packed, LockedExports = locked.Exports }
        : request;

    /// <summary>Holds a GGUF file of an artifact against what is locked of it.</summary>
    /// <param name="request">The artifact.</param>
    /// <param name="export">The file.</param>
    /// <exception cref="DiagnosticException">It is another than the one that was locked.</exception>
    public static void Require(PruneRequest request, ExportReport export)
    {
        if (request.LockedExports?.GetValueOrDefault(export.Type) is { } locked && locked.Digest != export.Digest)
        {
            string problem = locked.Key == export.Key ? Defect : "another version of the tool or a model directory of "
                + "another name writes other bytes; build once without --locked and commit the new lock file";
            throw PipelineDiagnostics.LockMoved.Error(
                request.Location, $"'{request.DisplayName}' is locked, but {export.File} has come out otherwise: "
                    + $"digest {locked.Digest} -> {export.Digest}; {problem}");
        }
    }

    /// <summary>Holds an artifact against what is locked of it.</summary>
    /// <param name="request">The artifact.</param>
    /// <param name="manifest">What it has become.</param>
    /// <param name="isCached">Whether this is what the cache has for it.</param>
    /// <exception cref="DiagnosticException">It is another than the one that was locked.</exception>
    public static void Require(PruneRequest request, ArtifactManifest manifest, bool isCached = false)
    {
        Require(request, manifest.Digest, isCached);
        if (manifest.PackedDigest is { } packed)
        {
            RequirePacked(request, packed, EncodingKey.Of(manifest.Key, manifest.Encoding), isCached);
        }
    }

    /// <summary>Holds packed files of an artifact against what is locked of them.</summary>
    /// <param name="request">The artifact.</param>
    /// <param name="digest">The digest of its files.</param>
    /// <param name="key">Their key.</param>
    /// <param name="isCached">Whether these are the files that the cache has for it.</param>
    /// <exception cref="DiagnosticException">They are others than those that were locked.</exception>
    public static void RequirePacked(PruneRequest request, string digest, string key, bool isCached = false)
    {
        if (request.LockedPacking is not { } locked || locked.Digest == digest)
        {
            return;
        }

        (string finding, string remedy) = locked.Key != key ? ("its packed files are others",
            "another version of the tool packs otherwise; build once without --locked and commit the new lock file")
            : isCached ? CachedOtherwise : ("its packed files are others", Defect);
        throw PipelineDiagnostics.LockMoved.Error(
            request.Location,
            $"'{request.DisplayName}' is locked, but {finding}: digest {locked.Digest} -> {digest}; {remedy}");
    }

    /// <summary>Holds the files of an artifact against what is locked of it.</summary>
    /// <param name="request">The artifact.</param>
    /// <param name="digest">The digest of its files where they are not packed.</param>
    /// <param name="isCached">Whether these are the files that the cache has for it.</param>
    /// <exception cref="DiagnosticException">They are others than those that were locked.</exception>
    public static void Require(PruneRequest request, string digest, bool isCached = false)
    {
        if (request.LockedDigest is not { } locked || locked == digest)
        {
            return;
        }

        (string finding, string remedy) = isCached
            ? CachedOtherwise
            : ("the same inputs gave other files", "build it on the machine that wrote the lock file, and report this "
                + "as a defect if the difference stays");
        throw PipelineDiagnostics.LockMoved.Error(
            request.Location,
            $"'{request.DisplayName}' is locked, but {finding}: digest {locked} -> {digest}; {remedy}");
    }
}
