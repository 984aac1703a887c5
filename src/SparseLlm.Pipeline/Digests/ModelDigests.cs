using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Pipeline.Digests;

/// <summary>Digests of a model: of its files, and of the tensors that its parts read.</summary>
internal sealed class ModelDigests(string directory, ModelDefinition definition, InputFiles inputs)
{
    private readonly Lazy<IReadOnlyDictionary<string, string>> files = new(
        () => ModelFiles.Digests(directory, inputs.Of));
    private readonly Lazy<IReadOnlyDictionary<string, string>> tensors = new(
        () => TensorsIn(directory, shard => inputs.Tensors(Path.Combine(directory, shard))));

    /// <summary>Of each file that the model is made of, by its name.</summary>
    public IReadOnlyDictionary<string, string> Files => files.Value;

    /// <summary>One digest for all of them.</summary>
    public string All => ModelFiles.Digest(Files);

    /// <summary>Of each tensor of its checkpoint, by name.</summary>
    public IReadOnlyDictionary<string, string> Tensors => tensors.Value;

    /// <summary>Of the tensors of the embedding.</summary>
    public string Embedding => Of(definition.Embedding.Tensors);

    /// <summary>Of the tensors of the head.</summary>
    public string Head => Of(definition.Head.Tensors);

    /// <summary>Of the tensors of a decoder layer.</summary>
    public string Layer(LayerDefinition layer) => Of(layer.Tensors);

    private string Of(IEnumerable<TensorShape> shapes) =>
        KeyBuilder.Of("tensors", shapes.Select(shape => KeyValuePair.Create(shape.Name, Of(shape.Name))));

    private string Of(string tensor)
        => tensors.Value.GetValueOrDefault(tensor) ?? throw PipelineDiagnostics.InputChanged.Error(
            new SourceLocation(directory),
            $"the tensor '{tensor}' was there when the model was opened, and is not among the digests of its files; "
            + $"leave "
            + $"the model alone and build again, or delete the folder 'digests' of the cache");

    /// <summary>The digest of each tensor of a checkpoint, by name. A packed tensor has the one that it had
    /// before.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <param name="tensors">Gives the digests of the tensors of one of its files by its name.</param>
    public static IReadOnlyDictionary<string, string> TensorsIn(
        string directory,
        Func<string, IReadOnlyDictionary<string, string>> tensors)
    {
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        return checkpoint.Shards
            .SelectMany(shard => tensors(shard)
                .Where(tensor => checkpoint.TryGet(tensor.Key, out TensorInfo? counted) && counted.Shard == shard))
            .Concat(checkpoint.Tensors.Where(tensor => tensor.Packed is not null)
                .Select(tensor => KeyValuePair.Create(tensor.Name, TensorHasher.Of(checkpoint, tensor))))
            .ToDictionary(tensor => tensor.Key, tensor => tensor.Value);
    }
}
