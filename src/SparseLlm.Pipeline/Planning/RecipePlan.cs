using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Exports;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Planning;

/// <summary>Finds what a build of a recipe would do, without doing it.</summary>
internal sealed class RecipePlan
{
    private readonly Recipe recipe;
    private readonly string output;
    private readonly BuildCache cache;
    private readonly BuildCache own;
    private readonly DenseModel dense;

    /// <summary>Opens the model of a recipe; no weights are read that were hashed before.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The directory that gets one directory for each artifact.</param>
    /// <param name="numericsClass">Of the engine that would compute.</param>
    /// <param name="cache">What has been computed before.</param>
    public RecipePlan(Recipe recipe, string output, string numericsClass, BuildCache cache)
    {
        this.recipe = recipe;
        this.output = output;
        this.cache = cache;
        own = cache.WithoutRemote(static _ => { });
        dense = new DenseModel(recipe.Model, numericsClass, cache);
    }

    /// <summary>What the recipe names of the hub.</summary>
    public IReadOnlyList<HubSource> Sources => recipe.Sources;

    /// <summary>What would be done about artifacts.</summary>
    /// <param name="names">Which; empty for all.</param>
    /// <param name="cancellation">Stops asking a remote cache.</param>
    /// <exception cref="DiagnosticException">There is no such artifact, an input cannot be read, or an output cannot be
    /// written where it should.</exception>
    public IReadOnlyList<ArtifactPlan> Plan(IReadOnlyCollection<string> names, CancellationToken cancellation = default)
    {
        IReadOnlyList<ArtifactRecipe> artifacts = recipe.Choose(names);
        Diagnostic[] overlaps = [.. OutputPlaces.Overlaps(recipe, output, cache)];
        return overlaps.Length == 0
            ? [.. artifacts.Select(artifact => Plan(artifact, cancellation))]
            : throw new DiagnosticException(overlaps);
    }

    /// <summary>What has changed since an artifact was made, by the lock file of the recipe or else by what stands in
    /// its place.</summary>
    /// <param name="plan">The artifact as it would be made.</param>
    /// <returns>The changes, and what they are counted from; null where the artifact has never been made.</returns>
    public (string Since, IReadOnlyList<InputChange> Changes)? Changes(ArtifactPlan plan)
    {
        string path = LockFile.PathOf(recipe.Path);
        LockedArtifact? locked = LockFile.Read(path)?.Artifacts.GetValueOrDefault(plan.Artifact.Name);
        ArtifactManifest? standing = locked is null ? ArtifactManifest.TryRead(plan.Request.Output) : null;
        if (locked is null && standing is null)
        {
            return null;
        }

        CheckpointEncoding encoding = locked?.Encoding ?? standing!.Encoding;
        IEnumerable<string> types = locked is null
            ? standing!.Exports.Select(export => export.Type)
            : locked.Exports?.Keys ?? [];
        return (
            locked is null ? "the last build" : Path.GetFileName(path),
            [
                .. InputComparison.Compare(locked?.Inputs ?? standing!.Inputs, plan.Inputs, plan.Artifact),
                .. InputComparison.OfEncoding(encoding, plan.Request.Encoding, plan.Inputs),
                .. InputComparison.OfExports(types, new ArtifactExports(dense, plan.Request).TypeNames, plan.Inputs),
            ]);
    }

    /// <summary>Why what stands in an artifact's place is not what a build would make; null where it is, or where only
    /// perplexity is to be measured.</summary>
    public string? Damage(ArtifactPlan plan) => ArtifactManifest.TryRead(plan.Request.Output) switch
    {
        null => "it is not there",
        { } manifest when manifest.Key == plan.Keys.Artifact
            && !ArtifactState.IsIntact(plan.Request.Output, manifest, cache.Digests) =>
            "its files are not as they were written",
        { } manifest when manifest.Key == plan.Keys.Artifact && manifest.Encoding != plan.Request.Encoding =>
            manifest.Encoding == CheckpointEncoding.Sparse
                ? "it is packed, and the recipe asks for 'encoding: dense'"
                : "it is not packed, and the recipe asks for 'encoding: sparse'",
        { } manifest when plan.Action == PlannedAction.Export
            && manifest.Exports.Any(export => plan.Exports.Any(missing => missing.File == export.File)) =>
            "its GGUF files are not as they were written",
        _ => null,
    };

    private ArtifactPlan Plan(ArtifactRecipe artifact, CancellationToken cancellation)
    {
        PruneRequest request = recipe.Request(artifact, output);
        request.Require(dense.Definition);
        ArtifactInputs inputs = dense.Inputs(request);
        StepKeys keys = StepKeys.Of(inputs);
        var exports = new ArtifactExports(dense, request);
        (PlannedAction action, ArtifactManifest? known) = Action(request, exports, keys, cancellation);
        if (action is PlannedAction.Restore or PlannedAction.Encode or PlannedAction.Prune or PlannedAction.Export)
        {
            StagingDirectory.Check(request.Output, exports.Files, request.IsNamed);
        }

        int[] cached = [.. keys.Layers.Index().Where(layer => cache.Contains(layer.Item, cancellation))
            .Select(layer => layer.Index)];
        bool isMeasured = action == PlannedAction.None
            || (action == PlannedAction.Encode && ArtifactState.HasPerplexities(known!, request, dense));
        PlannedMeasurement[] measurements = isMeasured
            ? []
            : [.. request.Perplexities.SelectMany(text => Measurements(text, artifact, known?.Digest, cancellation))];
        ArtifactManifest? standing = action is PlannedAction.Restore or PlannedAction.Encode or PlannedAction.Prune
            ? null
            : known;
        PlannedExport[] missing = [.. exports.Missing(standing).Select(type => new PlannedExport(
            exports.FileName(type),
            known is not null && exports.IsCached(known, type, cancellation)))];
        return new ArtifactPlan(
            artifact,
            request,
            inputs,
            keys,
            action,
            cached,
            measurements,
            missing,
            PlannedSize.Of(dense, request, known))
        {
            CachedEpochs = keys.Epochs.ToList().FindLastIndex(key => own.Contains(key, cancellation)) + 1,
            Warnings = [.. request.Warnings(dense.Definition)],
            TextKeys = [.. request.Perplexities.Select(dense.TextKey)],
        };
    }

    /// <summary>What would be done, and the artifact that stands there or in the cache.</summary>
    private (PlannedAction Action, ArtifactManifest? Known) Action(
        PruneRequest request,
        ArtifactExports exports,
        StepKeys keys,
        CancellationToken cancellation)
    {
        ArtifactManifest? standing = ArtifactState.UpToDate(request.Output, keys.Artifact, cache.Digests);
        if (standing?.Encoding == request.Encoding)
        {
            return (!ArtifactState.HasPerplexities(standing, request, dense)
                ? PlannedAction.Measure
                : exports.AreCurrent(standing) ? PlannedAction.None : PlannedAction.Export, standing);
        }

        CheckpointEncoding[] others = [.. Enum.GetValues<CheckpointEncoding>()
            .Where(encoding => encoding != request.Encoding)];
        return Cached(request.Encoding) is { } cached ? (PlannedAction.Restore, cached)
            : (standing ?? others.Select(Cached).FirstOrDefault(known => known is not null)) is { } other
                ? (PlannedAction.Encode, other)
                : (PlannedAction.Prune, null);

        ArtifactManifest? Cached(CheckpointEncoding encoding) =>
            cache.Find(
                EncodingKey.Of(keys.Artifact, encoding),
                entry => CachedArtifact.Read(entry, dense),
                cancellation)?.Metadata;
    }

    private IEnumerable<PlannedMeasurement> Measurements(
        PerplexityText text,
        ArtifactRecipe artifact,
        string? digest,
        CancellationToken cancellation)
    {
        string ofDense = dense.EvaluationKey(dense.Digests.All, text);
        string? ofArtifact = digest is null ? null : dense.EvaluationKey(digest, text);
        yield return new PlannedMeasurement(null, text.Name, ofDense, IsCached(ofDense));
        yield return new PlannedMeasurement(
            artifact.Name,
            text.Name,
            ofArtifact,
            ofArtifact is not null && IsCached(ofArtifact));

        bool IsCached(string key)
            => cache.Find(key, entry => CachedPerplexity.Read(entry, text, dense), cancellation) is not null;
    }
}
