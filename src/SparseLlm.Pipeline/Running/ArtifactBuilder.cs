using System.Diagnostics;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Reports.Masks;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Running;

/// <summary>
/// Makes an artifact: leaves it alone where it is up to date, else takes it from the cache, else prunes what is not in the cache of it; measures
/// what was written, and puts it in its place whole or not at all.
/// </summary>
public sealed class ArtifactBuilder(ModelSession session, IProgress<BuildProgress>? progress = null)
{
    private const string CacheKind = "artifact";

    private readonly BuildCache cache = session.Cache;

    /// <summary>Makes the artifact, or leaves it alone where it is up to date.</summary>
    /// <exception cref="DiagnosticException">It cannot be made. Nothing is left half-written.</exception>
    public ArtifactOutcome Build(PruneRequest request, CancellationToken cancellation)
    {
        ArtifactInputs inputs = session.Inputs(request);
        StepKeys keys = StepKeys.Of(inputs);
        if (Finished(request, keys.Artifact) is { } finished
            && !StagingDirectory.HasLeftovers(request.Output)
            && ArtifactReports.AreCurrent(finished, request.Gates, request.Output))
        {
            return Done(request, finished, ArtifactOrigin.UpToDate);
        }

        try
        {
            // Who builds the same output, or the same artifact elsewhere, waits here and then finds it made.
            using IDisposable output = Wait(request, OutputKey(request.Output), cancellation);
            using IDisposable artifact = Wait(request, keys.Artifact, cancellation);
            StagingDirectory.RemoveLeftovers(request.Output);
            return Finished(request, keys.Artifact) is { } meanwhile
                ? Keep(request, meanwhile)
                : Make(request, inputs, keys, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(request.Output, exception);
        }
    }

    private ArtifactOutcome Make(PruneRequest request, ArtifactInputs inputs, StepKeys keys, CancellationToken cancellation)
    {
        if (ArtifactState.UpToDate(request.Output, keys.Artifact, cache.Digests) is { } known)
        {
            ArtifactManifest measured = known with { Perplexity = MeasureAll(request, request.Output, known.Digest, cancellation) };
            measured.Write(request.Output);
            ArtifactReports.Write(measured, request.Gates, request.Output);
            return Done(request, measured, ArtifactOrigin.MeasuredAgain);
        }

        using StagingDirectory staging = StagingDirectory.Create(request.Output);
        DiskSpace.Require(staging.Path, ModelFiles.Of(session.Model.Directory)
            .Sum(file => new FileInfo(Path.Combine(session.Model.Directory, file)).Length));
        ArtifactManifest? restored = Restore(request, keys, staging, cancellation);
        ArtifactManifest manifest = restored ?? Prune(request, inputs, keys, staging, cancellation);
        manifest = manifest with { Perplexity = MeasureAll(request, staging.Path, manifest.Digest, cancellation) };
        manifest.Write(staging.Path);
        ArtifactReports.Write(manifest, request.Gates, staging.Path);
        staging.Commit();
        foreach (string fallback in manifest.Fallbacks)
        {
            progress?.Report(new Notice(PipelineDiagnostics.NumericalFallback.At(null, fallback)));
        }

        return Done(request, manifest, restored is null ? ArtifactOrigin.Pruned : ArtifactOrigin.Cache);
    }

    /// <summary>Leaves a finished artifact alone, but for reports that speak of other gates or are missing.</summary>
    private ArtifactOutcome Keep(PruneRequest request, ArtifactManifest manifest)
    {
        ArtifactReports.Write(manifest, request.Gates, request.Output);
        return Done(request, manifest, ArtifactOrigin.UpToDate);
    }

    private ArtifactOutcome Done(PruneRequest request, ArtifactManifest manifest, ArtifactOrigin origin)
    {
        var outcome = new ArtifactOutcome(request.DisplayName, Path.GetFullPath(request.Output), manifest, origin);
        progress?.Report(new ArtifactDone(outcome));
        return outcome;
    }

    private ArtifactManifest? Finished(PruneRequest request, string key) =>
        ArtifactState.UpToDate(request.Output, key, cache.Digests) is { } manifest && ArtifactState.HasPerplexities(manifest, request, session) ? manifest : null;

    private IDisposable Wait(PruneRequest request, string key, CancellationToken cancellation) =>
        cache.Lock(key, cancellation, () => progress?.Report(new Waiting(request.DisplayName)));

    private static string OutputKey(string output)
    {
        using var key = new KeyBuilder("output", 1);
        return key.Add("path", Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))).Build();
    }

    private ArtifactManifest? Restore(PruneRequest request, StepKeys keys, StagingDirectory staging, CancellationToken cancellation) =>
        cache.TryGet(keys.Artifact, cancellation) is { Kind: CacheKind } entry
        && entry.MetadataAs<ArtifactManifest>() is { } manifest
        && cache.TryRestore(entry, staging.Path, cancellation)
            ? manifest with { Artifact = request.Name }
            : null;

    private ArtifactManifest Prune(PruneRequest request, ArtifactInputs inputs, StepKeys keys, StagingDirectory staging, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        PruneResult result = new PruneRun(session, request, keys, progress).Write(staging.Path, cancellation);
        IReadOnlyDictionary<string, string> files = ModelFiles.Digests(staging.Path, cache.Digests);
        ArtifactManifest manifest = ManifestBuilder.Describe(session, request, inputs, result) with
        {
            Key = keys.Artifact,
            Digest = ModelFiles.Digest(files),
            Seconds = clock.Elapsed.TotalSeconds,
            PeakMemory = PeakMemory(),
            Size = new SizeReport(ModelFiles.WeightBytes(session.Model.Directory), ModelFiles.WeightBytes(staging.Path)),
        };
        manifest = manifest with { Tensors = MaskDensities.Measure(staging.Path, manifest.Tensors) };
        cache.Put(
            keys.Artifact,
            CacheKind,
            FormattableString.Invariant($"{request.DisplayName}: {manifest.Model.Name}, {manifest.Method} {manifest.Pattern}"),
            [.. files.Keys.Select(file => (file, Path.Combine(staging.Path, file)))],
            manifest,
            cancellation);
        return manifest;
    }

    private Dictionary<string, PerplexityReport> MeasureAll(PruneRequest request, string directory, string digest, CancellationToken cancellation)
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
            Perplexity measured = session.Measure(pruned, digest, request.DisplayName, text, cancellation);
            reports.Add(text.Name, new PerplexityReport(
                dense.Value, measured.Value, measured.Tokens, measured.Windows, text.Key(session.Model.Definition.MaximumLength, cache.Digests))
            {
                Files = ManifestBuilder.Describe(text.Text, cache.Digests),
            });
        }

        return reports;
    }

    private static long? PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 is > 0 and var bytes ? bytes : null;
    }
}
