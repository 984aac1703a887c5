using System.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Sweeps;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Running;

/// <summary>Makes an artifact: prunes, writes, measures what was written, and puts it in its place whole or not at all.</summary>
public sealed class ArtifactBuilder(ModelSession session, IProgress<BuildProgress>? progress = null)
{
    /// <summary>Makes the artifact, or leaves it alone where it is up to date.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be made. Nothing is left half-written.</exception>
    public ArtifactOutcome Build(PruneRequest request, CancellationToken cancellation)
    {
        string key = ArtifactKey.Of(
            session.Digest, session.Model.Definition, request.Settings, request.Plan, request.Calibration, session.Model.Backend.NumericsClass);
        ArtifactManifest? known = UpToDate(request, key);
        if (known is not null && HasPerplexities(known, request))
        {
            return Done(request, known, wasUpToDate: true);
        }

        try
        {
            return Done(request, known is null ? Make(request, key, cancellation) : MeasureAgain(request, known, cancellation), wasUpToDate: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(request.Output, exception);
        }
    }

    private ArtifactOutcome Done(PruneRequest request, ArtifactManifest manifest, bool wasUpToDate)
    {
        var outcome = new ArtifactOutcome(request.DisplayName, Path.GetFullPath(request.Output), manifest, wasUpToDate);
        progress?.Report(new ArtifactDone(outcome));
        return outcome;
    }

    /// <summary>The manifest of the artifact that stands there, if it has this key and its files are as they were written.</summary>
    private static ArtifactManifest? UpToDate(PruneRequest request, string key) =>
        ArtifactManifest.TryRead(request.Output) is { } manifest && manifest.Key == key && DigestOf(request.Output) == manifest.Digest
            ? manifest
            : null;

    private bool HasPerplexities(ArtifactManifest manifest, PruneRequest request) =>
        manifest.Perplexity.Count == request.Perplexities.Count
        && request.Perplexities.All(text => manifest.Perplexity.TryGetValue(text.Name, out PerplexityReport? report)
            && report.Key == text.Key(session.Model.Definition.MaximumLength));

    private static string DigestOf(string directory) => FileDigest.OfFiles(directory, ModelFiles.Of(directory));

    private ArtifactManifest Make(PruneRequest request, string key, CancellationToken cancellation)
    {
        // Pruning is checked against the model before anything is written.
        CalibrationTokens? tokens = request.Calibration is { } source ? session.Calibration(source) : null;
        var pruner = new ModelPruner(session.Model, request.Settings, request.Plan, tokens, PruningSteps(request));
        using StagingDirectory staging = StagingDirectory.Create(request.Output);
        DiskSpace.Require(staging.Path, ModelFiles.Of(session.Model.Directory)
            .Sum(file => new FileInfo(Path.Combine(session.Model.Directory, file)).Length));

        var clock = Stopwatch.StartNew();
        List<PrunedLayer> layers = WriteCheckpoint(pruner, staging.Path, cancellation);
        double seconds = clock.Elapsed.TotalSeconds;

        ArtifactManifest manifest = Describe(request, key, layers, tokens, seconds) with { Digest = DigestOf(staging.Path) };
        manifest = manifest with { Perplexity = MeasureAll(request, staging.Path, cancellation) };
        Write(manifest, staging.Path);
        staging.Commit();
        Warn(manifest);
        return manifest;
    }

    private ArtifactManifest MeasureAgain(PruneRequest request, ArtifactManifest known, CancellationToken cancellation)
    {
        ArtifactManifest manifest = known with { Perplexity = MeasureAll(request, request.Output, cancellation) };
        Write(manifest, request.Output);
        return manifest;
    }

    private static void Write(ArtifactManifest manifest, string directory)
    {
        manifest.Write(directory);
        ArtifactSummary.Write(manifest, directory);
    }

    private List<PrunedLayer> WriteCheckpoint(ModelPruner pruner, string directory, CancellationToken cancellation)
    {
        CheckpointWriter.CopyCompanions(session.Model.Directory, directory);
        using var writer = new CheckpointWriter(session.Model.Checkpoint, directory);
        var layers = new List<PrunedLayer>();
        foreach (PrunedLayer layer in pruner.Run(cancellation: cancellation))
        {
            foreach (PrunedTensor tensor in layer.Tensors)
            {
                writer.Write(tensor.Name, tensor.Values);
            }

            layers.Add(layer with { Tensors = [] });
        }

        writer.Complete();
        return layers;
    }

    private Dictionary<string, PerplexityReport> MeasureAll(PruneRequest request, string directory, CancellationToken cancellation)
    {
        var reports = new Dictionary<string, PerplexityReport>();
        if (request.Perplexities.Count == 0)
        {
            return reports;
        }

        using DecoderModel pruned = DecoderModel.Open(directory, session.Model.Backend);
        foreach (PerplexityText text in request.Perplexities)
        {
            Perplexity dense = session.DensePerplexity(text, cancellation);
            Perplexity measured = session.Measure(pruned, request.DisplayName, text, cancellation);
            reports.Add(text.Name, new PerplexityReport(
                dense.Value, measured.Value, measured.Tokens, measured.Windows, text.Key(session.Model.Definition.MaximumLength)));
        }

        return reports;
    }

    private ArtifactManifest Describe(PruneRequest request, string key, List<PrunedLayer> layers, CalibrationTokens? tokens, double seconds)
    {
        LinearReport[] linears = [.. layers.SelectMany(layer => layer.Linears)];
        double weights = linears.Sum(linear => (double)linear.Rows * linear.Columns);
        return new ArtifactManifest
        {
            ToolVersion = ToolVersion.Current.ToNormalizedString(),
            Artifact = request.Name,
            Key = key,
            Digest = "",
            Model = new ModelProvenance(Path.GetFileName(Path.GetFullPath(session.Model.Directory)), session.Model.Definition.Architecture, session.Digest),
            Method = request.Settings.Method.ToString().ToLowerInvariant(),
            Settings = Setting.Describe(request.Settings),
            Pattern = request.Plan.Default.ToString(),
            Calibration = tokens is null ? null : Describe(request.Calibration!, tokens),
            Numerics = session.Model.Backend.NumericsClass,
            Sparsity = weights == 0 ? 0 : linears.Sum(linear => linear.Zeros) / weights,
            Tensors = [.. linears.Select(linear => new TensorReport(
                linear.Name, [linear.Rows, linear.Columns], linear.Pattern, linear.Sparsity, linear.RelativeError))],
            Sweeps = layers.Any(layer => layer.Sweeps is not null) ? [.. layers.Select(layer => layer.Sweeps).OfType<SweepReport>()] : null,
            Fallbacks = [.. layers.SelectMany(layer => layer.Fallbacks)],
            Perplexity = new Dictionary<string, PerplexityReport>(),
            Seconds = seconds,
        };
    }

    private static CalibrationProvenance Describe(CalibrationSource source, CalibrationTokens tokens) =>
        new(
            [.. source.Text.Paths.Select(path => new FileProvenance(Path.GetFileName(path), FileDigest.Of(path)))],
            tokens.Windows,
            tokens.SequenceLength,
            source.Settings.Sampling.ToString().ToLowerInvariant(),
            source.Settings.Seed);

    private void Warn(ArtifactManifest manifest)
    {
        foreach (string fallback in manifest.Fallbacks)
        {
            progress?.Report(new Notice(PipelineDiagnostics.NumericalFallback.At(null, fallback)));
        }
    }

    private ForwardedProgress? PruningSteps(PruneRequest request) =>
        progress is null ? null : new ForwardedProgress(step => progress.Report(new PruningStep(request.DisplayName, step)));

    /// <summary>Reports at once, on the same thread: <see cref="Progress{T}"/> would report late and out of order.</summary>
    private sealed class ForwardedProgress(Action<PruningProgress> report) : IProgress<PruningProgress>
    {
        public void Report(PruningProgress value) => report(value);
    }
}
