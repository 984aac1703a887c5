using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Packing;

/// <summary>A model in the other encoding, in another directory; what belongs to it is copied.</summary>
/// <param name="name">What progress calls it.</param>
/// <param name="progress">Takes how far it is.</param>
internal sealed class EncodedCopy(string name, IProgress<BuildProgress>? progress)
{
    private int percent = -1;

    /// <summary>Writes it.</summary>
    /// <param name="source">The model's weights, which are in the other encoding than the copy will be.</param>
    /// <param name="companions">The files that belong to it.</param>
    /// <param name="encoding">The encoding of the copy.</param>
    /// <param name="directory">A directory for it.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="Diagnostics.DiagnosticException">The source has that encoding already or cannot be read, or a
    /// file cannot be written.</exception>
    public void Write(
        Checkpoint source,
        IEnumerable<string> companions,
        CheckpointEncoding encoding,
        string directory,
        CancellationToken cancellation)
    {
        CompanionFiles.Copy(source.Directory, directory, companions);
        if (encoding == CheckpointEncoding.Sparse)
        {
            new PackedCheckpointWriter(source, directory, share => Report("packing", share), cancellation).Write();
        }
        else
        {
            new UnpackedCheckpointWriter(source, directory, share => Report("unpacking", share), cancellation).Write();
        }
    }

    private void Report(string work, double share)
    {
        int now = (int)(100 * share);
        if (now != percent)
        {
            percent = now;
            progress?.Report(new PackingStep(name, work, percent));
        }
    }
}
