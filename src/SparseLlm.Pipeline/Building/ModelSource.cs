using System.Diagnostics;
using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Packing;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;

namespace SparseLlm.Pipeline.Building;

/// <summary>
/// Where the model of an artifact comes from: the cache, else the same model in the other encoding, which is packed or
/// unpacked, else a prune. What was made is stored in the encoding that was asked for.
/// </summary>
/// <param name="dense">The dense model.</param>
/// <param name="engine">What computes.</param>
/// <param name="memory">How much memory activations may take.</param>
/// <param name="request">The artifact.</param>
/// <param name="inputs">What decides its bits.</param>
/// <param name="keys">The keys of its steps.</param>
/// <param name="progress">Told what is done.</param>
internal sealed class ModelSource(
    DenseModel dense, IEngine engine, MemoryBudget memory, PruneRequest request, ArtifactInputs inputs, StepKeys keys,
    IProgress<BuildProgress>? progress)
{
    // In the directory that is being written, for what is packed or unpacked into it.
    private const string SourceFolder = ".source";

    private readonly BuildCache cache = dense.Cache;

    /// <summary>Whether several artifacts are to be made, so that what their prunes have in common is worth its
    /// memory.</summary>
    public bool ExpectsMore { get; init; }

    /// <summary>Whether layers may be pruned; where they may not, it is an error if one is not in the cache.</summary>
    public bool MayCompute { get; init; } = true;

    /// <summary>Brings the files of the model into a directory.</summary>
    /// <param name="staging">The directory.</param>
    /// <param name="standing">The artifact that stands in its place in the other encoding; null where there is
    /// none.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="DiagnosticException">It cannot be made, or has become another than it is locked.</exception>
    public (ArtifactManifest Manifest, ArtifactOrigin Origin) Get(
        StagingDirectory staging,
        ArtifactManifest? standing,
        CancellationToken cancellation) =>
        Restore(request.Encoding, staging.Path, cancellation) is { } restored ? (restored, ArtifactOrigin.Cache)
        : Encode(standing, staging, cancellation) is { } encoded ? (encoded, ArtifactOrigin.Encoded)
        : (Prune(staging, cancellation), ArtifactOrigin.Pruned);

    /// <summary>Takes the artifact's files in an encoding from the cache.</summary>
    private ArtifactManifest? Restore(CheckpointEncoding encoding, string directory, CancellationToken cancellation)
    {
        string key = EncodingKey.Of(keys.Artifact, encoding);
        string? digest = null;
        CacheHit<ArtifactManifest>? hit = cache.TryGet(
            key,
            entry =>
            {
                digest = CachedArtifact.Digest(entry);
                return CachedArtifact.Read(entry, dense);
            },
            cancellation);

        // Also where the entry has just been found wrong: other files under a key that is locked are nothing to pass
        // over.
        if (digest is not null && encoding == CheckpointEncoding.Dense)
        {
            LockCheck.Require(request, digest, isCached: true);
        }
        else if (digest is not null)
        {
            LockCheck.RequirePacked(request, digest, key, isCached: true);
        }

        if (hit is not var (entry, manifest))
        {
            return null;
        }

        LockCheck.Require(request, manifest, isCached: true);
        return cache.TryRestore(
            entry,
            directory,
            cancellation,
            () => CachedArtifact.CheckTensors(manifest, dense, directory))
            ? ManifestBuilder.OfCached(manifest, dense, request, inputs, directory, cancellation)
            : null;
    }

    /// <summary>Packs or unpacks what is known of the artifact in the other encoding: what stands in its place, or what
    /// is in the cache.</summary>
    private ArtifactManifest? Encode(
        ArtifactManifest? standing,
        StagingDirectory staging,
        CancellationToken cancellation)
    {
        string source = Path.Combine(staging.Path, SourceFolder);
        CheckpointEncoding other = request.Encoding == CheckpointEncoding.Dense
            ? CheckpointEncoding.Sparse
            : CheckpointEncoding.Dense;
        ArtifactManifest? encoded = standing is not null ? Encode(standing, request.Output, staging.Path, cancellation)
            : Restore(other, source, cancellation) is { } known ? Encode(known, source, staging.Path, cancellation)
            : null;
        if (encoded is null)
        {
            staging.Clear();
        }
        else if (standing is null)
        {
            Directory.Delete(source, recursive: true);
        }

        return encoded;
    }

    /// <summary>Packs or unpacks the artifact; null where what comes out of a packed one is not what it was packed
    /// from.</summary>
    private ArtifactManifest? Encode(
        ArtifactManifest known,
        string source,
        string target,
        CancellationToken cancellation)
    {
        DiskSpace.Require(target, ModelFiles.Bytes(dense.Directory));
        using (Checkpoint checkpoint = Checkpoint.Open(source))
        {
            new EncodedCopy(request.DisplayName, progress).Write(
                checkpoint,
                CompanionFiles.Of(source),
                request.Encoding,
                target,
                cancellation);
        }

        string digest = ModelFiles.Digest(ModelFiles.Digests(target, cache.Digests.Of));
        if (request.Encoding == CheckpointEncoding.Dense && digest != known.Digest)
        {
            return null;
        }

        ArtifactManifest manifest = ManifestBuilder.OfEncoded(
            known,
            request.Encoding,
            digest,
            target,
            dense.Directory,
            cancellation);
        LockCheck.Require(request, manifest);
        Store(manifest, target, cancellation);
        return manifest;
    }

    private ArtifactManifest Prune(StagingDirectory staging, CancellationToken cancellation)
    {
        if (request.Encoding == CheckpointEncoding.Dense)
        {
            ArtifactManifest manifest = PruneDense(staging.Path, cancellation);
            Store(manifest, staging.Path, cancellation);
            ForgetEpochs(cancellation);
            return manifest;
        }

        string source = Directory.CreateDirectory(Path.Combine(staging.Path, SourceFolder)).FullName;
        ArtifactManifest packed = Encode(PruneDense(source, cancellation), source, staging.Path, cancellation)!;
        Directory.Delete(source, recursive: true);
        ForgetEpochs(cancellation);
        return packed;
    }

    private ArtifactManifest PruneDense(string directory, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        InputStamps read = dense.Stamps(request);
        PruneResult result = engine.Prune(
            new PruneJob(dense.Directory, request, keys, read, directory, memory)
            {
                ExpectsMore = ExpectsMore,
                MayPrune = MayCompute
            },
            cache,
            progress,
            cancellation);
        read.RequireUnchanged();
        var written = new WrittenModel(directory, cache.Digests);
        RequireSameFiles(written.Files);
        LockCheck.Require(request, written.Digest);
        return ManifestBuilder.OfPrune(dense, request, inputs, result, written, clock.Elapsed, cancellation);
    }

    /// <summary>Lets go of the states in between, which are of no use once the artifact is in the cache.</summary>
    private void ForgetEpochs(CancellationToken cancellation)
    {
        if (cache.Contains(EncodingKey.Of(keys.Artifact, request.Encoding), cancellation))
        {
            foreach (string key in keys.Epochs)
            {
                cache.Drop(key);
            }
        }
    }

    /// <summary>Keeps an artifact in the encoding that it has.</summary>
    private void Store(ArtifactManifest manifest, string directory, CancellationToken cancellation) => cache.Put(
        EncodingKey.Of(manifest.Key, manifest.Encoding),
        CachedArtifact.Kind,
        string.Create(CultureInfo.InvariantCulture, $"{request.DisplayName}: {manifest.Model.Name}, {manifest.Method} "
            + $"{manifest.Pattern}{(manifest.PackedDigest is null ? "" : ", packed")}"),
        [.. manifest.StoredFiles.Select(file => (file, Path.Combine(directory, file)))],
        ManifestBuilder.ForCache(manifest),
        cancellation,
        EntryOrigin.Of(dense.Directory, request.DisplayName));

    /// <summary>A pruned model has the files that the dense one had when it was digested, as a copy names them: none
    /// has come or gone since.</summary>
    private void RequireSameFiles(IEnumerable<string> names)
    {
        IReadOnlyCollection<string> known = ModelFiles.Stored(dense.Digests.Files.Keys, CheckpointEncoding.Dense);
        string[] changed = [.. names.Except(known), .. known.Except(names)];
        if (changed.Length > 0)
        {
            throw PipelineDiagnostics.InputChanged.Error(
                new SourceLocation(Path.Combine(dense.Directory, changed[0])),
                        "the file has come or gone while the model was read, so what was made of it is not kept; build "
                        + "again");
        }
    }
}
