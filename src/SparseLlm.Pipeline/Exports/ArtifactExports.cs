using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Requests;

namespace SparseLlm.Pipeline.Exports;

/// <summary>The GGUF files that are asked for of an artifact, in its directory.</summary>
/// <param name="dense">The model that it is made from.</param>
/// <param name="request">The artifact.</param>
internal sealed class ArtifactExports(DenseModel dense, PruneRequest request)
{
    private readonly BuildCache cache = dense.Cache;

    /// <summary>How matrices are stored in each of them.</summary>
    public IReadOnlyList<GgufElementType> Types { get; }
        = [.. request.Gguf.Select(type => type ?? dense.StoredType).Distinct()];

    /// <summary>Their names, as recipes have them.</summary>
    public IEnumerable<string> TypeNames => Types.Select(NameOf);

    /// <summary>All files that the artifact will have.</summary>
    /// <exception cref="DiagnosticException">GGUF cannot hold the model, its tokenizer or a type.</exception>
    public IReadOnlySet<string> Files => ArtifactFiles.Of(
        ModelFiles.Stored(dense.Digests.Files.Keys, request.Encoding),
        [.. Types.SelectMany(type => Outlook(type).Endings.Select(ending => Stem(type) + ending))]);

    /// <summary>What those of types take that an artifact does not have yet.</summary>
    /// <param name="known">The artifact that stands in its place; null where there is none.</param>
    /// <exception cref="DiagnosticException">As above.</exception>
    public long Bytes(ArtifactManifest? known) => Missing(known).Sum(type => Outlook(type).Bytes);

    /// <summary>The types of which an artifact has no file, or not as it was written.</summary>
    /// <param name="known">The artifact that stands in its place; null where there is none.</param>
    public IReadOnlyList<GgufElementType> Missing(ArtifactManifest? known)
        => [.. Types.Where(type => known is null || Standing(known, type) is null)];

    /// <summary>Whether an artifact that stands in its place has what is asked for, and nothing else.</summary>
    public bool AreCurrent(ArtifactManifest known) =>
        known.Exports.Select(export => export.Key).SequenceEqual(Types.Select(type => KeyOf(known, type)))
            && Missing(known).Count == 0;

    /// <summary>Whether a file is in the cache, here or on the remote one.</summary>
    public bool IsCached(ArtifactManifest known, GgufElementType type, CancellationToken cancellation) =>
        cache.Find(KeyOf(known, type), entry => CachedExport.Read(entry, Stem(type)), cancellation) is not null;

    /// <summary>What a file of this type is called, in one piece.</summary>
    public string FileName(GgufElementType type) => Stem(type) + ".gguf";

    /// <summary>Takes files from the cache or writes them, those aside that stand in the artifact's place.</summary>
    /// <param name="manifest">The artifact.</param>
    /// <param name="model">The directory of its model.</param>
    /// <param name="target">Where to write.</param>
    /// <param name="progress">Told what is written.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <exception cref="DiagnosticException">One cannot be written, or is another than was locked.</exception>
    public IReadOnlyList<ExportReport> Make(
        ArtifactManifest manifest,
        string model,
        string target,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
    {
        ArtifactManifest named = Named(manifest);
        var exports = new List<ExportReport>();
        foreach (GgufElementType type in Types)
        {
            ExportReport? standing = model == request.Output ? Standing(manifest, type) : null;
            ExportReport export = standing ?? Restore(named, type, target, cancellation) ?? Write(
                named,
                type,
                model,
                target,
                progress,
                cancellation);
            LockCheck.Require(request, export);
            exports.Add(export);
        }

        return exports;
    }

    private ExportReport? Restore(
        ArtifactManifest manifest,
        GgufElementType type,
        string target,
        CancellationToken cancellation) =>
        cache.TryGet(
            KeyOf(manifest, type),
            entry => CachedExport.Read(entry, Stem(type)),
            cancellation) is var (entry, export)
        && cache.TryRestore(entry, target, cancellation)
            ? export.Report(entry, NameOf(type))
            : null;

    private ExportReport Write(
        ArtifactManifest manifest,
        GgufElementType type,
        string model,
        string target,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellation)
    {
        progress?.Report(new Exporting(request.DisplayName, FileName(type)));
        InputStamps read = new([.. manifest.StoredFiles.Select(name => InputStamp.Of(Path.Combine(model, name)))]);
        using GgufExport export = GgufExport.Open(model, new GgufExportOptions(type)
        {
            Name = request.DisplayName,
            CardDirectory = dense.Directory,
            CodeBits = manifest.Inputs.Quantization?.Bits,
            TableCodeBits = manifest.Inputs.Quantization?.Embeddings,
            Provenance = GgufProvenance.Of(manifest)
        });
        string path = Path.Combine(target, FileName(type));
        try
        {
            export.Write(path, cancellation);
        }
        catch (DiagnosticException exception)
        {
            throw AsAskedFor(
                exception,
                file => Path.GetDirectoryName(file) == Path.TrimEndingDirectorySeparator(model));
        }

        read.RequireUnchanged();
        dense.Files.Stamps(dense.Card is null ? [] : [dense.CardPath]).RequireUnchanged();
        string[] files = [.. export.Files(path)];
        string key = KeyOf(manifest, type);
        var cached = new CachedExport([.. export.Deviations.Select(ExportNote.Of)]);
        cache.Put(
            key,
            CachedExport.Kind,
            $"{FileName(type)} of {manifest.Model.Name}, {manifest.Method} {manifest.Pattern}",
            [.. files.Select(file => (Path.GetFileName(file), file))],
            cached,
            cancellation,
            EntryOrigin.Of(dense.Directory, request.DisplayName));
        return new ExportReport(
            CachedExport.Kind,
            NameOf(type),
            key,
            [.. files.Select(
                file => new ExportedFile(Path.GetFileName(file), cache.Digests.Of(file), new FileInfo(file).Length))],
            cached.Notes);
    }

    /// <summary>What a file will be. Where it cannot be, what is wrong is that it was asked for.</summary>
    private GgufOutlook Outlook(GgufElementType type)
    {
        try
        {
            return dense.Gguf(type);
        }
        catch (DiagnosticException exception)
        {
            throw AsAskedFor(exception, file => file == dense.Directory);
        }
    }

    /// <summary>An error in what is being made, or in what the model is, at the place where the file was asked
    /// for.</summary>
    private DiagnosticException AsAskedFor(DiagnosticException exception, Func<string, bool> isMeant) =>
        request.Location is not null
            && exception.Diagnostics.All(diagnostic => diagnostic.Location is { File: var file } && isMeant(file))
            ? new DiagnosticException([.. exception.Diagnostics.Select(diagnostic => diagnostic with
            {
                Location = request.Location, Message = $"'{request.DisplayName}' cannot be written as GGUF: "
                    + $"{diagnostic.Message}, or leave 'format: gguf' out",
            })])
            : exception;

    /// <summary>The export of a type that an artifact has, if its files are as they were written.</summary>
    private ExportReport? Standing(ArtifactManifest known, GgufElementType type)
    {
        string key = KeyOf(known, type);
        return known.Exports.FirstOrDefault(export => export.Key == key) is { } export && IsIntact(export)
            ? export
            : null;
    }

    private bool IsIntact(ExportReport export)
    {
        try
        {
            return export.Files.All(file => cache.Digests.Of(Path.Combine(request.Output, file.Name)) == file.Digest);
        }
        catch (DiagnosticException)
        {
            return false;
        }
    }

    private string KeyOf(ArtifactManifest manifest, GgufElementType type)
        => ExportKey.Of(Named(manifest), type, dense.Card);

    /// <summary>The artifact under the name that it has here: one from the cache may have had another.</summary>
    private ArtifactManifest Named(ArtifactManifest manifest)
        => manifest with { Artifact = request.Name, Model = manifest.Model with { Name = dense.Name } };

    /// <summary>As llama.cpp's files are named: the model, and its type in capitals.</summary>
    private string Stem(GgufElementType type) => $"{request.DisplayName}-{type.Name()}";

    private static string NameOf(GgufElementType type) => type.Name().ToLowerInvariant();
}
