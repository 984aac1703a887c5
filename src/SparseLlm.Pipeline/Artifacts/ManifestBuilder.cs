using SparseLlm.Hub;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>Describes an artifact for its manifest, by where it comes from.</summary>
internal static class ManifestBuilder
{
    private static readonly IReadOnlyDictionary<string, PerplexityReport> NotMeasured
        = new Dictionary<string, PerplexityReport>();

    /// <summary>The manifest of what a prune has written.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="inputs">What decided its bits.</param>
    /// <param name="result">What the engine tells.</param>
    /// <param name="written">What it has written.</param>
    /// <param name="time">How long that took.</param>
    /// <param name="cancellation">Stops in between.</param>
    public static ArtifactManifest OfPrune(
        DenseModel dense,
        PruneRequest request,
        ArtifactInputs inputs,
        PruneResult result,
        WrittenModel written,
        TimeSpan time,
        CancellationToken cancellation)
    {
        LinearReport[] linears = [.. result.Layers.SelectMany(layer => layer.Linears)];
        double weights = linears.Sum(linear => (double)linear.Rows * linear.Columns);
        GuardReport[] guards = [.. result.Layers.SelectMany(layer => layer.Guards)];
        SweepReport[] sweeps = [.. result.Layers.Select(layer => layer.Sweeps).OfType<SweepReport>()];
        IReadOnlyList<TensorReport> tensors = MaskDensities.Measure(
            written.Directory,
            DecoderModel.ReadDefinition(written.Directory),
            [.. linears.Select(linear => new TensorReport(
                linear.Name, [linear.Rows, linear.Columns], linear.Pattern, linear.Sparsity, linear.RelativeError))]);
        var manifest = new ArtifactManifest
        {
            ToolVersion = ToolVersion.Current.ToNormalizedString(),
            Artifact = request.Name,
            Key = StepKeys.Of(inputs).Artifact,
            Digest = written.Digest,
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
            Tensors = tensors,
            Experts = result.Experts,
            OtherChanges = OtherChanges.Find(dense, written, tensors, inputs.DropsExperts, cancellation),
            Sweeps = sweeps.Length == 0 ? null : sweeps,
            Guards = guards.Length == 0 ? null : guards,
            Global = result.Global,
            Fallbacks = [.. result.Layers.SelectMany(layer => layer.Fallbacks)],
            Perplexity = NotMeasured,
            Seconds = time.TotalSeconds,
            PeakMemory = result.PeakMemory,
            SpilledBytes = result.SpilledBytes,
            Size = new SizeReport(ModelFiles.WeightBytes(dense.Directory), ModelFiles.WeightBytes(written.Directory)),
            Inputs = inputs,
        };

        // What is about to be packed is measured once it is.
        return request.Encoding == CheckpointEncoding.Dense
            ? Measured(manifest, written.Directory, cancellation)
            : manifest;
    }

    /// <summary>The manifest of an artifact whose files have been packed or unpacked; other formats do not go
    /// along.</summary>
    /// <param name="manifest">The manifest in the other encoding.</param>
    /// <param name="encoding">How the weights are stored now.</param>
    /// <param name="digest">The digest of the model's files as they are now.</param>
    /// <param name="directory">Where they are.</param>
    /// <param name="dense">The dense model's directory, whose speed a packed one is compared with; null where that is
    /// not at hand.</param>
    /// <param name="cancellation">Stops in between.</param>
    public static ArtifactManifest OfEncoded(
        ArtifactManifest manifest,
        CheckpointEncoding encoding,
        string digest,
        string directory,
        string? dense,
        CancellationToken cancellation)
    {
        bool isPacked = encoding == CheckpointEncoding.Sparse;
        return Measured(
            manifest with
            {
                Digest = isPacked ? manifest.Digest : digest,
                Encoding = encoding,
                PackedDigest = isPacked ? digest : null,
                Size = manifest.Size is { } size ? size with { Compressed = null } : null,
                Speed = isPacked && dense is not null ? SpeedReport.Measure(dense, directory, cancellation) : null,
                Exports = [],
            },
            directory,
            cancellation);
    }

    /// <summary>The manifest of an artifact from the cache, which may have been made under another name, and for other
    /// texts and formats.</summary>
    /// <param name="manifest">The manifest in the cache.</param>
    /// <param name="dense">The dense model.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="inputs">What decides its bits.</param>
    /// <param name="directory">Where its files are.</param>
    /// <param name="cancellation">Stops in between.</param>
    public static ArtifactManifest OfCached(
        ArtifactManifest manifest,
        DenseModel dense,
        PruneRequest request,
        ArtifactInputs inputs,
        string directory,
        CancellationToken cancellation) =>
        Measured(
            manifest with
            {
                Artifact = request.Name,
                Model = Describe(dense),
                Perplexity = NotMeasured,
                Exports = [],
                Inputs = inputs,
            },
            directory,
            cancellation);

    /// <summary>The manifest of an artifact that stands in its place, with its perplexities as they are asked for
    /// now.</summary>
    /// <param name="manifest">The manifest that stands there.</param>
    /// <param name="perplexities">By the name of the text.</param>
    /// <param name="directory">Where its files are.</param>
    /// <param name="cancellation">Stops in between.</param>
    public static ArtifactManifest OfStanding(
        ArtifactManifest manifest,
        IReadOnlyDictionary<string, PerplexityReport> perplexities,
        string directory,
        CancellationToken cancellation) =>
        Measured(manifest with { Perplexity = perplexities }, directory, cancellation);

    /// <summary>The manifest as the cache keeps it: perplexities have entries of their own.</summary>
    public static ArtifactManifest ForCache(ArtifactManifest manifest) => manifest with { Perplexity = NotMeasured };

    /// <summary>The manifest with what is measured in the weights as they are stored; what it knows already stays, as
    /// some of it does that older versions have stored.</summary>
    private static ArtifactManifest Measured(
        ArtifactManifest manifest,
        string directory,
        CancellationToken cancellation)
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

    /// <summary>The names and digests of a text's files.</summary>
    public static IReadOnlyList<FileProvenance> Describe(TextSource text, InputFiles files) =>
        [.. text.Paths.Select(path => new FileProvenance(Path.GetFileName(path), files.Of(path))
        {
            Source = HubAddress.OfSnapshot(path)?.ToString()
        })];

    /// <summary>What the dense model is, and where it is from.</summary>
    private static ModelProvenance Describe(DenseModel dense) =>
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
