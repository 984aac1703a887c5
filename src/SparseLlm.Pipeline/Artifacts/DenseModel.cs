using System.Collections.Concurrent;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Artifacts;

/// <summary>The model that artifacts are made from, as far as keys go: what it is made of, its digests, and what is
/// known of it. Nothing is computed.</summary>
internal sealed class DenseModel
{
    private readonly ConcurrentDictionary<GgufElementType, GgufOutlook> outlooks = [];
    private readonly Lazy<GgufElementType> storedType;

    /// <summary>Reads a model's configuration and the headers of its checkpoint.</summary>
    /// <param name="directory">Its Hugging Face directory.</param>
    /// <param name="numericsClass">Of the engine that computes, or would.</param>
    /// <param name="cache">What has been computed before.</param>
    /// <exception cref="Diagnostics.DiagnosticException">Everything that is wrong with the directory.</exception>
    public DenseModel(string directory, string numericsClass, BuildCache cache)
    {
        Directory = directory;
        NumericsClass = numericsClass;
        Cache = cache;
        Definition = DecoderModel.ReadDefinition(directory);
        Files = new InputFiles(cache.Digests);
        Digests = new ModelDigests(directory, Definition, Files);
        storedType = new Lazy<GgufElementType>(FindStoredType);
    }

    /// <summary>Its Hugging Face directory.</summary>
    public string Directory { get; }

    /// <summary>What it is made of.</summary>
    public ModelDefinition Definition { get; }

    /// <summary>What it is called: where its directory is is nobody's business who gets what is made of it.</summary>
    public string Name => ModelName.Of(Directory);

    /// <summary>Where its model card is, if it has one.</summary>
    public string CardPath => Path.Combine(Directory, GgufExport.CardName);

    /// <summary>The digest of its model card; null where it has none.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">It cannot be read.</exception>
    public string? Card => File.Exists(CardPath) ? Files.Of(CardPath) : null;

    /// <summary>The type of GGUF that stores its matrices as they are.</summary>
    public GgufElementType StoredType => storedType.Value;

    /// <summary>What it will be as GGUF.</summary>
    /// <param name="type">How matrices are to be stored.</param>
    /// <exception cref="Diagnostics.DiagnosticException">GGUF cannot hold it, its tokenizer or the type.</exception>
    public GgufOutlook Gguf(GgufElementType type) => outlooks.GetOrAdd(type, known => GgufOutlook.Of(Directory, known));

    /// <summary>Of the engine that computes.</summary>
    public string NumericsClass { get; }

    /// <summary>What has been computed before.</summary>
    public BuildCache Cache { get; }

    /// <summary>Its files, and whatever else is read with it.</summary>
    public InputFiles Files { get; }

    /// <summary>Its digests.</summary>
    public ModelDigests Digests { get; }

    /// <summary>What decides the bits of an artifact.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The model is packed: an artifact is a copy of the dense one
    /// with other numbers in it.</exception>
    public ArtifactInputs Inputs(PruneRequest request)
    {
        Checkpoint.RequireUnpacked(Directory, "pruning");
        return ArtifactInputs.Of(
            Definition,
            Digests,
            Files,
            request.Settings,
            request.Plan,
            request.Calibration,
            NumericsClass,
            request.Sources);
    }

    /// <summary>What tells whether everything that an artifact is made of is as it was when its key was
    /// computed.</summary>
    public InputStamps Stamps(PruneRequest request) => Files.Stamps(
            OwnPaths.Concat(request.Settings.NeedsCalibration() ? request.Calibration?.Text.Paths ?? [] : []));

    /// <summary>What tells whether everything that a measurement is made with is as it was when its key was
    /// computed.</summary>
    public InputStamps Stamps(PerplexityText text) => Files.Stamps(OwnPaths.Concat(text.Text.Paths));

    private GgufElementType FindStoredType()
    {
        using Checkpoint checkpoint = Checkpoint.Open(Directory);
        return GgufExport.StoredType(Directory, Definition, checkpoint);
    }

    private IEnumerable<string> OwnPaths => Digests.Files.Keys.Select(name => Path.Combine(Directory, name));

    /// <summary>The key of a text to measure perplexity on.</summary>
    public string TextKey(PerplexityText text)
        => PerplexityKey.Of(text, Definition.MaximumLength, Files, Digests.Files);

    /// <summary>The key of a measurement.</summary>
    /// <param name="digest">The digest of the measured model's files.</param>
    /// <param name="text">The text.</param>
    public string EvaluationKey(string digest, PerplexityText text) =>
        Keys.EvaluationKey.Of(
            ArtifactInputs.CurrentRevision,
            digest,
            Digests.Files,
            NumericsClass,
            TextKey(text));
}
