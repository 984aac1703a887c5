using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf.Decoders;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Gguf.Vocabulary;

namespace SparseLlm.Models.Gguf;

/// <summary>A Hugging Face directory as a GGUF file: everything is checked and laid out before anything is
/// written.</summary>
public sealed class GgufExport : IDisposable
{
    /// <summary>Which version of the layout this is: with another one, the same model becomes other bytes.</summary>
    public const int Revision = 1;

    /// <summary>The name of the model card, which is read if it is there.</summary>
    public const string CardName = ModelCard.FileName;

    private const int QuantizationVersion = 2;

    private readonly Checkpoint checkpoint;
    private readonly GgufParts parts;

    private GgufExport(
        Checkpoint checkpoint,
        GgufElementType type,
        GgufMetadata metadata,
        IReadOnlyList<DecoderTensor> tensors,
        IReadOnlyList<Diagnostic> deviations,
        GgufExportOptions options)
    {
        this.checkpoint = checkpoint;
        Type = type;
        Metadata = metadata;
        Tensors = tensors;
        Deviations = deviations;
        parts = new GgufParts(metadata, tensors, options);
    }

    /// <summary>The type of its matrices.</summary>
    public GgufElementType Type { get; }

    /// <summary>What the file says of the model.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors of the file in their order.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>What a user should know: where the runtimes that read the file compute something else than the model
    /// says.</summary>
    public IReadOnlyList<Diagnostic> Deviations { get; }

    /// <summary>Bytes of all files together.</summary>
    public long ByteLength => parts.ByteLength;

    /// <summary>Reads the model's definition, headers and tokenizer, and lays out the file.</summary>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <param name="options">What the file is to be.</param>
    /// <exception cref="DiagnosticException">The directory cannot be read, or GGUF cannot hold the model, its tokenizer
    /// or the type.</exception>
    public static GgufExport Open(string directory, GgufExportOptions options)
    {
        ModelDefinition model = DecoderModel.ReadDefinition(directory);
        GgufDialect dialect = GgufDialects.Of(model.Architecture) ?? throw Unknown(directory, model.Architecture);
        Checkpoint checkpoint = Checkpoint.Open(directory);
        try
        {
            var refusal = new Refusal(directory, model.Architecture);
            GgufElementType type = options.Type ?? StoredType(directory, model, checkpoint);
            IReadOnlyList<DecoderTensor> tensors = DecoderTensors.Of(
                model,
                dialect,
                type,
                options.TableCodeBits,
                refusal);
            var metadata = new GgufMetadata();
            metadata.Set("general.architecture", dialect.Name);
            GeneralMetadata.Write(metadata, directory, options, Parameters(model, tensors));
            metadata.Set("general.file_type", FileType(type));
            metadata.Set("general.quantization_version", QuantizationVersion);
            DecoderKeys.Write(model, dialect, metadata, refusal);
            Diagnostic[] deviations =
            [
                .. GgufVocabulary.Write(metadata, directory, model.VocabularySize),
                .. Decoders.Deviations.Of(model, dialect, new SourceLocation(directory)),
                .. NotQuantized(type, tensors, new SourceLocation(directory)),
            ];
            foreach ((string key, object value) in options.Provenance)
            {
                metadata.SetValue(key, value);
            }

            return new GgufExport(checkpoint, type, metadata, tensors, deviations, options);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The files that <see cref="Write"/> makes: the path itself, or where the model is beyond 48 GB, numbered
    /// parts as llama.cpp names them.</summary>
    /// <param name="path">A path that ends in <c>.gguf</c>.</param>
    public IReadOnlyList<string> Files(string path) => parts.Paths(path);

    /// <summary>All values of a tensor in order, as they would be written in single precision; each piece is valid
    /// until the next is asked for.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    public IEnumerable<ReadOnlyMemory<float>> Read(GgufTensor tensor) =>
        ((DecoderTensor)tensor).Read(checkpoint).Select(piece => (ReadOnlyMemory<float>)piece.Values.AsMemory());

    /// <summary>Writes the files, one piece of one tensor in memory. What stood there before is replaced when all is
    /// written, and stays where it is not.</summary>
    /// <param name="path">A path that ends in <c>.gguf</c>.</param>
    /// <param name="cancellation">Stops between pieces, and leaves nothing behind.</param>
    /// <exception cref="DiagnosticException">A value is not finite in the type, or a file cannot be read or
    /// written.</exception>
    public void Write(string path, CancellationToken cancellation) => parts.Write(path, checkpoint, cancellation);

    /// <inheritdoc/>
    public void Dispose() => checkpoint.Dispose();

    /// <summary>The type in which a checkpoint has its matrices.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="model">Its definition.</param>
    /// <param name="checkpoint">Its checkpoint.</param>
    /// <exception cref="DiagnosticException">GGUF has no such type.</exception>
    public static GgufElementType StoredType(string directory, ModelDefinition model, Checkpoint checkpoint)
    {
        ElementType stored = checkpoint[model.Layers[0].Linears.First().Weight.Tensor.Name].ElementType;
        return GgufElementTypes.Of(stored)
            ?? throw new Refusal(directory, model.Architecture).Of($"its matrices are stored as {stored}");
    }

    private static IEnumerable<Diagnostic> NotQuantized(
        GgufElementType type,
        IReadOnlyList<DecoderTensor> tensors,
        SourceLocation location)
    {
        DecoderTensor[] wide = [.. tensors.Where(
            tensor => type.BlockLength() > 1 && tensor.Type == GgufElementType.F16)];
        if (wide.Length > 0)
        {
            yield return GgufDiagnostics.NotQuantized.At(
                location,
                $"{wide.Length} matrices stay in half precision, such as {wide[0].Name}: {type.Name()} holds blocks of "
                + $"{type.BlockLength()} weights, and their rows of {wide[0].Columns} are no whole blocks");
        }
    }

    /// <summary>What was trained; a tied table that is written twice counts twice, as it does in the file.</summary>
    private static ParameterCount Parameters(ModelDefinition model, IReadOnlyList<DecoderTensor> tensors) => new(
        tensors.Sum(tensor => tensor.ElementCount),
        tensors.Where(tensor => tensor.Name.Contains("_exps.", StringComparison.Ordinal))
            .Sum(tensor => tensor.ElementCount),
        model.Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer).OfType<ExpertsDefinition>()
            .FirstOrDefault()?
            .Experts
            .Count ?? 0);

    private static int FileType(GgufElementType type) => type switch
    {
        GgufElementType.F32 => 0,
        GgufElementType.F16 => 1,
        GgufElementType.Q4_0 => 2,
        GgufElementType.Q8_0 => 7,
        GgufElementType.BF16 => 32,
        _ => throw new ArgumentException($"Nothing is written as {type}.", nameof(type)),
    };

    private static DiagnosticException Unknown(
        string directory,
        string architecture) => GgufDiagnostics.UnsupportedModel.Error(
            new SourceLocation(directory),
            $"llama.cpp, which reads GGUF, does not know {architecture}. Use the Hugging Face directory, which "
            + $"transformers and vLLM load");
}
