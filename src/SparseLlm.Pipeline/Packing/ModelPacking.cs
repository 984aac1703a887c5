using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Packing;

/// <summary>A model in another directory, with its matrices packed or as they were before; what belongs to it goes
/// along. The directory comes into being whole or not at all.</summary>
/// <param name="model">The model's directory.</param>
/// <param name="output">The new directory; what is there is not replaced.</param>
/// <param name="progress">Takes how far it is.</param>
/// <param name="cancellation">Stops in between, and leaves nothing behind.</param>
internal sealed class ModelPacking(
    string model,
    string output,
    IProgress<BuildProgress> progress,
    CancellationToken cancellation)
{
    private readonly FileDigests digests = new(memoDirectory: null);

    /// <summary>Packs the model.</summary>
    /// <exception cref="DiagnosticException">It is packed already or cannot be read, or something stands in the
    /// output's place or it cannot be written.</exception>
    public PackingResult Pack()
    {
        Checkpoint.RequireUnpacked(model, "packing");
        return Write(CheckpointEncoding.Sparse);
    }

    /// <summary>Gives back the files that a model was packed from.</summary>
    /// <exception cref="DiagnosticException">It is not packed or cannot be read, or is not what its manifest says, or
    /// something stands in the output's place or it cannot be written.</exception>
    public PackingResult Unpack() => Write(CheckpointEncoding.Dense);

    private PackingResult Write(CheckpointEncoding encoding)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        RequireApart();
        try
        {
            using IDisposable alone = OutputLock.Acquire(
                output,
                cancellation,
                () => progress.Report(new Waiting(output)));
            RequireFree();
            ArtifactManifest? manifest = IntactManifest(encoding);
            IReadOnlyList<string> companions = CompanionFiles.Of(model);
            using StagingDirectory staging = StagingDirectory.Create(
                output,
                new HashSet<string>([.. companions, .. ArtifactFiles.Of([], [])]));
            DiskSpace.Require(
                staging.Path,
                checkpoint.Tensors.Sum(tensor => checkpoint.IsPacked ? tensor.ByteLength : 0));
            new EncodedCopy(model, progress).Write(checkpoint, companions, encoding, staging.Path, cancellation);
            using Checkpoint written = Checkpoint.Open(staging.Path);
            if (manifest is not null)
            {
                WriteManifest(manifest, encoding, staging.Path);
            }

            var result = new PackingResult(
                Bytes(model),
                Bytes(staging.Path),
                LayoutSize.Of(checkpoint.IsPacked ? checkpoint : written));
            staging.Commit();
            return result;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(output, exception);
        }
    }

    /// <summary>
    /// The manifest beside the model, if it is that of its files. It is where damage shows that leaves a packed model
    /// well-formed; a dense one may have been changed on purpose, and is packed without it.
    /// </summary>
    private ArtifactManifest? IntactManifest(CheckpointEncoding encoding) =>
        ArtifactManifest.TryRead(model) is not { } manifest ? null
        : ArtifactState.IsIntact(model, manifest, digests) ? manifest
        : encoding == CheckpointEncoding.Sparse ? null
        : throw Contradicted($"the model's files are not those that {ArtifactManifest.FileName} has the digest of");

    /// <summary>What belongs to an artifact says how it is stored, and would not be taken for its own any
    /// more.</summary>
    private void WriteManifest(ArtifactManifest known, CheckpointEncoding encoding, string directory)
    {
        string digest = ArtifactState.Digest(directory, ModelFiles.Stored(known.Inputs.Model.Keys, encoding), digests);
        if (encoding == CheckpointEncoding.Dense && digest != known.Digest)
        {
            throw Contradicted($"what the model unpacks to is not what {ArtifactManifest.FileName} has the digest of");
        }

        ArtifactManifest manifest = ManifestBuilder.OfEncoded(
            known,
            encoding,
            digest,
            directory,
            dense: null,
            cancellation);
        manifest.Write(directory);
        ArtifactReports.Write(manifest, gates: [], directory);
    }

    private DiagnosticException Contradicted(string problem) => ModelDiagnostics.MalformedPackedFile.Error(
        new SourceLocation(Path.Combine(model, ArtifactManifest.FileName)),
        $"{problem}; the files are damaged or were changed, so fetch the model again, or remove this file to unpack "
        + $"them as they are");

    private void RequireApart()
    {
        if (ResolvedPath.Of(output).Equals(ResolvedPath.Of(model), ResolvedPath.Comparison))
        {
            throw InTheWay("the output is the model itself; name another directory");
        }
    }

    private void RequireFree()
    {
        if (File.Exists(output) || (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()))
        {
            throw InTheWay("the output exists and is not replaced; name another directory or remove it");
        }
    }

    private DiagnosticException InTheWay(string problem)
        => PipelineDiagnostics.OutputNotOurs.Error(new SourceLocation(output), problem);

    private static long Bytes(string directory)
        => Checkpoint.Files(directory).Sum(name => ModelFiles.Length(directory, name));
}
