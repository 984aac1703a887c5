using System.Numerics.Tensors;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Architectures;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checks;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Models;

/// <summary>
/// A decoder-only language model in a Hugging Face directory. Opening reads no weights; they are loaded layer by layer,
/// so that one layer at a time is in memory.
/// </summary>
public sealed class DecoderModel : IDisposable
{
    private readonly WeightLoader loader;

    private DecoderModel(
        string directory,
        ModelDefinition definition,
        Checkpoint checkpoint,
        IBackend backend,
        WeightLoader? loader = null)
    {
        Directory = directory;
        Definition = definition;
        Checkpoint = checkpoint;
        Backend = backend;
        this.loader = loader ?? new WeightLoader(checkpoint, backend);
    }

    /// <summary>The model's directory.</summary>
    public string Directory { get; }

    /// <summary>What the model is made of.</summary>
    public ModelDefinition Definition { get; }

    /// <summary>Its tensors on disk.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Where weights are loaded to and the model runs. It outlives the model.</summary>
    public IBackend Backend { get; }

    /// <summary>Opens config.json and the checkpoint, and checks that every tensor is there with the right
    /// shape.</summary>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <param name="backend">Where to run the model; not disposed with it.</param>
    /// <exception cref="DiagnosticException">Everything that is wrong with the directory.</exception>
    public static DecoderModel Open(string directory, IBackend backend) => Open(directory, backend, Architecture.All);

    /// <summary>Opens a model of one of some architectures.</summary>
    internal static DecoderModel Open(string directory, IBackend backend, IReadOnlyList<Architecture> architectures)
    {
        Checkpoint checkpoint = OpenChecked(directory, architectures, out ModelDefinition definition);
        return new DecoderModel(directory, definition, checkpoint, backend);
    }

    /// <summary>Opens a model whose weights are loaded in another way.</summary>
    internal static DecoderModel Open(string directory, IBackend backend, Func<Checkpoint, WeightLoader> load)
    {
        Checkpoint checkpoint = OpenChecked(directory, Architecture.All, out ModelDefinition definition);
        try
        {
            return new DecoderModel(directory, definition, checkpoint, backend, load(checkpoint));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The same model with weights that are loaded in another way. Its checkpoint stays this one's, so it is
    /// not to be disposed.</summary>
    internal DecoderModel With(WeightLoader other) => new(Directory, Definition, Checkpoint, Backend, other);

    /// <summary>Opens a checkpoint as a model of a given definition, whatever config.json says.</summary>
    internal static DecoderModel Open(string directory, ModelDefinition definition, IBackend backend)
    {
        Checkpoint checkpoint = Checkpoint.Open(directory);
        try
        {
            new TensorCheck(definition, checkpoint).Require();
            return new DecoderModel(directory, definition, checkpoint, backend);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>What a model is made of, checked against the headers of its checkpoint, without a backend to run it
    /// on.</summary>
    /// <param name="directory">A Hugging Face model directory.</param>
    /// <exception cref="DiagnosticException">Everything that is wrong with the directory.</exception>
    public static ModelDefinition ReadDefinition(string directory)
    {
        using Checkpoint checkpoint = OpenChecked(directory, Architecture.All, out ModelDefinition definition);
        return definition;
    }

    /// <summary>The input of the first layer. Only the rows of the token table that are needed are read.</summary>
    /// <param name="ids">Token ids, sequence after sequence.</param>
    /// <param name="sequenceLength">Tokens per sequence; divides the number of ids.</param>
    /// <returns>[ids x hidden], a new matrix.</returns>
    /// <exception cref="DiagnosticException">
    /// An id is not in the vocabulary, or a sequence is longer than the position table.
    /// </exception>
    public Matrix<float> Embed(ReadOnlySpan<int> ids, int sequenceLength)
    {
        if (sequenceLength < 1 || ids.Length % sequenceLength != 0)
        {
            throw new ArgumentException(
                $"{ids.Length} ids are not sequences of {sequenceLength}.",
                nameof(sequenceLength));
        }

        var positions = new int[ids.Length];
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] = i % sequenceLength;
        }

        return Embed(ids, positions);
    }

    /// <summary>The input of the first layer, for tokens at given places of their sequences.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="positions">The place of each in its sequence, from 0.</param>
    /// <returns>[ids x hidden], a new matrix.</returns>
    /// <exception cref="DiagnosticException">
    /// An id is not in the vocabulary, or a place is behind the position table.
    /// </exception>
    public Matrix<float> Embed(ReadOnlySpan<int> ids, ReadOnlySpan<int> positions)
    {
        int length = positions.Length == 0 ? 0 : TensorPrimitives.Max(positions) + 1;
        if (Definition.Embedding.Positions is not null && length > Definition.MaximumLength)
        {
            throw ModelDiagnostics.SequenceTooLong.Error(
                new SourceLocation(Directory),
                $"sequences of {length} tokens are longer than the model's {Definition.MaximumLength}; shorten them");
        }

        foreach (int id in ids)
        {
            if (id < 0 || id >= Definition.VocabularySize)
            {
                throw ModelDiagnostics.TokenOutOfRange.Error(
                    new SourceLocation(Directory),
                    $"token id {id} is not in the model's vocabulary of {Definition.VocabularySize}; " +
                    "use the tokenizer that belongs to the model");
            }
        }

        return new Embedding(Backend, loader, Definition.Embedding).Embed(ids, positions);
    }

    /// <summary>A decoder layer with its weights on the backend. The caller disposes it.</summary>
    /// <param name="index">Its place, from 0.</param>
    /// <param name="overlay">What stands in the place of the checkpoint's values; asked again for every expert that is
    /// loaded.</param>
    /// <exception cref="DiagnosticException">A weight is NaN or infinite, or a file cannot be read.</exception>
    public DecoderLayer LoadLayer(int index, TensorOverlay? overlay = null) =>
        (overlay is null ? loader : new WeightLoader(Checkpoint, Backend, overlay)).Load(Definition.Layers[index]);

    /// <summary>A decoder layer once more, from one that has been loaded and not been changed since. The caller
    /// disposes it.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read.</exception>
    public DecoderLayer CopyLayer(DecoderLayer layer)
        => new LayerCopyLoader(Checkpoint, Backend, layer).Load(layer.Definition);

    /// <summary>Has a decoder layer's weights read by the operating system, so that loading them soon waits for no
    /// disk.</summary>
    /// <param name="index">Its place, from 0.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="DiagnosticException">A file cannot be read.</exception>
    public void ReadAhead(int index, CancellationToken cancellation)
    {
        foreach (TensorShape tensor in Definition.Layers[index].Tensors)
        {
            Checkpoint.ReadAhead(Checkpoint[tensor.Name], cancellation);
        }
    }

    /// <summary>The head with its weights on the backend. The caller disposes it.</summary>
    /// <exception cref="DiagnosticException">A weight is NaN or infinite, or a file cannot be read.</exception>
    public LanguageModelHead LoadHead() => loader.Load(Definition.Head);

    /// <inheritdoc/>
    public void Dispose()
    {
        (loader as IDisposable)?.Dispose();
        Checkpoint.Dispose();
    }

    /// <summary>
    /// Causes before effects: nobody should fetch or convert weights to be told only then that the model is of no use
    /// here.
    /// </summary>
    private static Checkpoint OpenChecked(
        string directory,
        IReadOnlyList<Architecture> architectures,
        out ModelDefinition definition)
    {
        ModelConfig? config = ModelConfig.TryRead(directory);
        Architecture? architecture = config is null ? null : Supported(config, architectures);
        Checkpoint checkpoint = Checkpoint.Open(directory);
        try
        {
            definition = config is null || architecture is null
                ? throw ModelConfig.Missing(directory)
                : architecture.Read(config, name => checkpoint.TryGet(name, out _));
            new TensorCheck(definition, checkpoint).Require();
            checkpoint.LeaveRepetitionsOut(definition.Tensors.Select(tensor => tensor.Name).ToHashSet());
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static Architecture Supported(ModelConfig config, IReadOnlyList<Architecture> architectures)
    {
        Architecture architecture = Architecture.Of(config, architectures);
        QuantizedModel.Refuse(config);
        return architecture;
    }
}
