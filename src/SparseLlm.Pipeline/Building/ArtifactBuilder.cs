using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Exports;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Building;

/// <summary>
/// Makes an artifact: leaves it alone where it is up to date, else takes it from the cache, else packs or unpacks what
/// is there in the other encoding, else prunes what is not in the cache of it; measures what was written, and puts it
/// in its place whole or not at all.
/// </summary>
/// <param name="dense">The dense model.</param>
/// <param name="engine">What computes.</param>
/// <param name="memory">How much memory activations may take.</param>
/// <param name="progress">Told what is done.</param>
internal sealed class ArtifactBuilder(
    DenseModel dense,
    IEngine engine,
    MemoryBudget memory,
    IProgress<BuildProgress>? progress = null)
{
    private readonly BuildCache cache = dense.Cache;

    /// <summary>Whether several artifacts are to be made, so that what their prunes have in common is worth its
    /// memory.</summary>
    public bool ExpectsMore { get; init; }

    /// <summary>Whether layers may be pruned and perplexities measured; where they may not, it is an error if one is
    /// not in the cache.</summary>
    public bool MayCompute { get; init; } = true;

    /// <summary>Whether others may be at the same, who share nothing but a remote cache with this process.</summary>
    public bool SharesWork { get; init; }

    /// <summary>Makes the artifact, or leaves it alone where it is up to date.</summary>
    /// <exception cref="DiagnosticException">It cannot be made. Nothing is left half-written.</exception>
    public ArtifactOutcome Build(PruneRequest request, CancellationToken cancellation)
    {
        OutputPlaces.RequireApart(request, dense);
        request.Require(dense.Definition);
        ArtifactInputs inputs = dense.Inputs(request);
        StepKeys keys = StepKeys.Of(inputs);
        var exports = new ArtifactExports(dense, request);
        try
        {
            if (Finished(request, exports, keys.Artifact) is { } finished
                && !StagingDirectory.HasLeftovers(request.Output)
                && ArtifactReports.AreCurrent(finished, request.Gates, request.Output))
            {
                return Done(request, finished, ArtifactOrigin.UpToDate);
            }

            // Who builds the same output, or the same artifact elsewhere, waits here and then finds it made.
            using IDisposable output = OutputLock.AcquireIn(cache, request.Output, cancellation, Waiting);
            using IDisposable everywhere = OutputLock.Acquire(request.Output, cancellation, Waiting);
            using IDisposable artifact = cache.Lock(keys.Artifact, cancellation, Waiting);
            StagingDirectory.Recover(request.Output);
            return Finished(request, exports, keys.Artifact) is { } meanwhile
                ? Keep(request, meanwhile)
                : ArtifactState.UpToDate(request.Output, keys.Artifact, cache.Digests) is var standing
                    && standing?.Encoding == request.Encoding
                    ? Complete(request, exports, standing, cancellation)
                    : Make(request, exports, inputs, keys, standing, cancellation);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskSpace.Translate(request.Output, exception);
        }

        void Waiting() => progress?.Report(new Waiting(request.DisplayName));
    }

    /// <summary>Measures and exports a model that stands in its place, as far as that is missing.</summary>
    private ArtifactOutcome Complete(
        PruneRequest request,
        ArtifactExports exports,
        ArtifactManifest known,
        CancellationToken cancellation)
    {
        LockCheck.Require(request, known);
        bool isMeasured = ArtifactState.HasPerplexities(known, request, dense);
        ArtifactManifest manifest = ManifestBuilder.OfStanding(
            known,
            isMeasured ? known.Perplexity : MeasureAll(request, request.Output, known.Digest, cancellation),
            request.Output,
            cancellation);
        if (exports.AreCurrent(known))
        {
            manifest.Write(request.Output);
        }
        else
        {
            manifest = Export(request, exports, manifest, cancellation);
        }

        ArtifactReports.Write(manifest, request.Gates, request.Output);
        return Done(request, manifest, isMeasured ? ArtifactOrigin.Exported : ArtifactOrigin.MeasuredAgain);
    }

    /// <summary>
    /// Brings the GGUF files of a model that stands in its place to what is asked for. Whenever it is killed, the
    /// manifest names all that is the tool's: what goes is deleted before it, what comes is moved there after it, and
    /// missing until then.
    /// </summary>
    private ArtifactManifest Export(
        PruneRequest request,
        ArtifactExports exports,
        ArtifactManifest known,
        CancellationToken cancellation)
    {
        using StagingDirectory staging = StagingDirectory.Create(request.Output, exports.Files, request.IsNamed);
        DiskSpace.Require(staging.Path, exports.Bytes(known));
        ArtifactManifest manifest = known with
        {
            Exports = exports.Make(known, request.Output, staging.Path, progress, cancellation)
        };
        foreach (string gone in ArtifactFiles.Of(known).Except(ArtifactFiles.Of(manifest)))
        {
            File.Delete(Path.Combine(request.Output, gone));
        }

        manifest.Write(request.Output);
        foreach (string made in Directory.EnumerateFiles(staging.Path))
        {
            File.Move(made, Path.Combine(request.Output, Path.GetFileName(made)), overwrite: true);
        }

        return manifest;
    }

    private ArtifactOutcome Make(
        PruneRequest request,
        ArtifactExports exports,
        ArtifactInputs inputs,
        StepKeys keys,
        ArtifactManifest? standing,
        CancellationToken cancellation)
    {
        using StagingDirectory staging = StagingDirectory.Create(request.Output, exports.Files, request.IsNamed);
        // Layers that are tuned together are written once before that.
        int copies = keys.Epochs.Count > 0 ? 2 : 1;
        DiskSpace.Require(staging.Path, copies * ModelFiles.Bytes(dense.Directory) + exports.Bytes(known: null));
        var source = new ModelSource(dense, engine, memory, request, inputs, keys, progress)
        {
            ExpectsMore = ExpectsMore,
            MayCompute = MayCompute
        };
        (ArtifactManifest manifest, ArtifactOrigin origin) = source.Get(staging, standing, cancellation);
        manifest = manifest with
        {
            Perplexity = ArtifactState.HasPerplexities(manifest, request, dense)
                ? manifest.Perplexity
                : MeasureAll(request, staging.Path, manifest.Digest, cancellation),
            Exports = exports.Make(manifest, staging.Path, staging.Path, progress, cancellation),
        };
        manifest.Write(staging.Path);
        ArtifactReports.Write(manifest, request.Gates, staging.Path);
        dense.Stamps(request).RequireUnchanged();
        staging.Commit();
        foreach (string fallback in manifest.Fallbacks)
        {
            progress?.Report(new Notice(PipelineDiagnostics.NumericalFallback.At(null, fallback)));
        }

        return Done(request, manifest, origin);
    }

    /// <summary>Leaves a finished artifact alone, but for reports that speak of other gates or are missing.</summary>
    private ArtifactOutcome Keep(PruneRequest request, ArtifactManifest manifest)
    {
        ArtifactReports.Write(manifest, request.Gates, request.Output);
        return Done(request, manifest, ArtifactOrigin.UpToDate);
    }

    private ArtifactOutcome Done(PruneRequest request, ArtifactManifest manifest, ArtifactOrigin origin)
    {
        var outcome = new ArtifactOutcome(request.DisplayName, Path.GetFullPath(request.Output), manifest, origin)
        {
            Gates = GateResult.Of(request.Gates, manifest)
        };
        progress?.Report(new ArtifactDone(outcome));
        return outcome;
    }

    /// <summary>The artifact that stands in its place, if there is nothing to do about it.</summary>
    private ArtifactManifest? Finished(PruneRequest request, ArtifactExports exports, string key)
    {
        if (ArtifactState.UpToDate(request.Output, key, cache.Digests) is not { } manifest
            || manifest.Encoding != request.Encoding
            || !ArtifactState.HasPerplexities(manifest, request, dense)
            || !exports.AreCurrent(manifest))
        {
            return null;
        }

        LockCheck.Require(request, manifest);
        foreach (ExportReport export in manifest.Exports)
        {
            LockCheck.Require(request, export);
        }

        return manifest;
    }

    private Dictionary<string, PerplexityReport> MeasureAll(
        PruneRequest request,
        string directory,
        string digest,
        CancellationToken cancellation)
    {
        var meter = new PerplexityMeter(dense, engine, memory, progress)
        {
            MayMeasure = MayCompute,
            SharesWork = SharesWork,
        };
        var reports = new Dictionary<string, PerplexityReport>();
        foreach (PerplexityText text in request.Perplexities)
        {
            Perplexity before = meter.OfDense(text, cancellation);
            Perplexity after = meter.Of(directory, digest, request.DisplayName, text, cancellation);
            reports.Add(text.Name, new PerplexityReport(
                before.Value, after.Value, after.Tokens, after.Windows, dense.TextKey(text))
            {
                Files = ManifestBuilder.Describe(text.Text, dense.Files),
            });
        }

        return reports;
    }
}
