using SparseLlm.Hub;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>Describes a prune for its manifest.</summary>
internal static class ManifestBuilder
{
    /// <summary>The manifest of a prune; its key, digest, perplexities and time are to be filled in.</summary>
    public static ArtifactManifest Describe(
        DenseModel dense,
        PruneRequest request,
        ArtifactInputs inputs,
        PruneResult result)
    {
        LinearReport[] linears = [.. result.Layers.SelectMany(layer => layer.Linears)];
        double weights = linears.Sum(linear => (double)linear.Rows * linear.Columns);
        GuardReport[] guards = [.. result.Layers.SelectMany(layer => layer.Guards)];
        SweepReport[] sweeps = [.. result.Layers.Select(layer => layer.Sweeps).OfType<SweepReport>()];
        return new ArtifactManifest
        {
            ToolVersion = ToolVersion.Current.ToNormalizedString(),
            Artifact = request.Name,
            Key = "",
            Digest = "",
            Model = Describe(dense),
            Method = request.Settings.Method.ToString().ToLowerInvariant(),
            Settings = Setting.Describe(request.Settings),
            Pattern = request.Plan.Default.ToString(),
            Calibration = result.Calibration is { } windows
                ? Describe(request.Calibration!, windows, dense.Files)
                : null,
            Numerics = dense.NumericsClass,
            Gpus = result.Gpus.Count == 0 ? null : result.Gpus,
            Sparsity = weights == 0 ? 0 : linears.Sum(linear => linear.Zeros) / weights,
            Tensors = [.. linears.Select(linear => new TensorReport(
                linear.Name, [linear.Rows, linear.Columns], linear.Pattern, linear.Sparsity, linear.RelativeError))],
            Experts = result.Experts,
            Sweeps = sweeps.Length == 0 ? null : sweeps,
            Guards = guards.Length == 0 ? null : guards,
            Fallbacks = [.. result.Layers.SelectMany(layer => layer.Fallbacks)],
            Perplexity = new Dictionary<string, PerplexityReport>(),
            Seconds = 0,
            SpilledBytes = result.SpilledBytes,
            Inputs = inputs,
        };
    }

    /// <summary>The manifest with what is measured in the weights as they were written; what it knows already stays, as
    /// some of it does that older versions have stored.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="directory">Where the pruned model is.</param>
    /// <param name="cancellation">Stops in between.</param>
    public static ArtifactManifest Measure(ArtifactManifest manifest, string directory, CancellationToken cancellation)
    {
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        return manifest with
        {
            ModelSparsity = manifest.ModelSparsity ?? ModelSparsity.Measure(checkpoint, manifest.Tensors, cancellation),
            Size = manifest.Size is not { } size ? null : size with
            {
                Compressed = size.Compressed ?? CompressedSize.Measure(checkpoint, cancellation),
                Packed = size.Packed ?? PackedSize.Measure(checkpoint, manifest.Tensors, cancellation),
            },
        };
    }

    /// <summary>The manifest of an artifact whose files have been packed or unpacked; other formats do not go
    /// along.</summary>
    /// <param name="manifest">The manifest in the other encoding.</param>
    /// <param name="encoding">How the weights are stored now.</param>
    /// <param name="digest">The digest of the model's files as they are now.</param>
    public static ArtifactManifest Encoded(
        ArtifactManifest manifest,
        CheckpointEncoding encoding,
        string digest) => manifest with
        {
            Digest = encoding == CheckpointEncoding.Dense ? digest : manifest.Digest,
            Encoding = encoding,
            PackedDigest = encoding == CheckpointEncoding.Dense ? null : digest,
            Size = manifest.Size is { } size ? size with { Compressed = null } : null,
            Speed = null,
            Exports = [],
        };

    /// <summary>The names and digests of a text's files.</summary>
    public static IReadOnlyList<FileProvenance> Describe(TextSource text, InputFiles files) =>
        [.. text.Paths.Select(path => new FileProvenance(Path.GetFileName(path), files.Of(path))
        {
            Source = HubAddress.OfSnapshot(path)?.ToString()
        })];

    /// <summary>What the dense model is, and where it is from.</summary>
    public static ModelProvenance Describe(DenseModel dense) =>
        new(dense.Name, dense.Definition.Architecture, dense.Digests.All)
        {
            Source = HubAddress.OfSnapshot(dense.Directory)?.ToString()
        };

    private static CalibrationProvenance Describe(
        CalibrationSource source,
        CalibrationWindows windows,
        InputFiles files) =>
        new(
            Describe(source.Text, files),
            windows.Count,
            windows.SequenceLength,
            source.Settings.Sampling.ToString().ToLowerInvariant(),
            source.Settings.Seed);
}
