using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Running;

namespace SparseLlm.Pipeline.Packing;

/// <summary>A model in another directory, with its matrices packed or as they were before; what belongs to it goes along. The directory comes into being whole or not at all.</summary>
/// <param name="model">The model's directory.</param>
/// <param name="output">The new directory; what is there is not replaced.</param>
/// <param name="progress">Takes how far it is.</param>
/// <param name="cancellation">Stops in between, and leaves nothing behind.</param>
public sealed class ModelPacking(string model, string output, IProgress<BuildProgress> progress, CancellationToken cancellation)
{
    /// <summary>Packs the model.</summary>
    /// <exception cref="DiagnosticException">It is packed already or cannot be read, or something stands in the output's place or it cannot be written.</exception>
    public PackingResult Pack()
    {
        Checkpoint.RequireUnpacked(model, "packing");
        return Write(CheckpointEncoding.Sparse);
    }

    /// <summary>Gives back the files that a model was packed from.</summary>
    /// <exception cref="DiagnosticException">It is not packed or cannot be read, or something stands in the output's place or it cannot be written.</exception>
    public PackingResult Unpack() => Write(CheckpointEncoding.Dense);

    private PackingResult Write(CheckpointEncoding encoding)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        RequireFree();
        string[] companions = [.. CompanionFiles.Of(model), .. ArtifactFiles.Of([], []).Where(name => File.Exists(Path.Combine(model, name)))];
        using StagingDirectory staging = StagingDirectory.Create(output, new HashSet<string>(companions));
        try
        {
            DiskSpace.Require(staging.Path, checkpoint.Tensors.Sum(tensor => checkpoint.IsPacked ? tensor.ByteLength : 0));
            new EncodedCopy(model, progress).Write(checkpoint, companions, encoding, staging.Path, cancellation);
            using Checkpoint written = Checkpoint.Open(staging.Path);
            WriteManifest(encoding, staging.Path);
            var result = new PackingResult(Bytes(model), Bytes(staging.Path), LayoutSize.Of(checkpoint.IsPacked ? checkpoint : written));
            staging.Commit();
            return result;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(output, exception);
        }
    }

    /// <summary>What belongs to an artifact says how it is stored, and would not be taken for its own any more.</summary>
    private void WriteManifest(CheckpointEncoding encoding, string directory)
    {
        var digests = new FileDigests(memoDirectory: null);
        if (ArtifactManifest.TryRead(model) is { } manifest && ArtifactState.IsIntact(model, manifest, digests))
        {
            string digest = ModelFiles.Digest(ModelFiles.Digests(directory, digests.Of));
            ManifestBuilder.Measure(ManifestBuilder.Encoded(manifest, encoding, digest), directory, cancellation).Write(directory);
        }
    }

    private void RequireFree()
    {
        if (ResolvedPath.Of(output).Equals(ResolvedPath.Of(model), ResolvedPath.Comparison))
        {
            throw InTheWay("the output is the model itself; name another directory");
        }

        if (File.Exists(output) || (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()))
        {
            throw InTheWay("the output exists and is not replaced; name another directory or remove it");
        }
    }

    private DiagnosticException InTheWay(string problem) => PipelineDiagnostics.OutputNotOurs.Error(new SourceLocation(output), problem);

    private static long Bytes(string directory) => Checkpoint.Files(directory).Sum(name => ModelFiles.Length(directory, name));
}
