using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Reduction;

/// <summary>
/// A copy of a model with fewer experts in each of its mixtures: a smaller model of the same family. The experts that
/// stay move up in their order, and so do their rows of the router; config.json tells of their new number.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="kept">By decoder layer, the places of the experts that stay, ascending and equally many everywhere;
/// null for a layer without a mixture.</param>
public sealed class FewerExperts(DecoderModel model, IReadOnlyList<IReadOnlyList<int>?> kept)
{
    private const string ConfigFile = "config.json";

    // What transformers calls the number of experts, in its families.
    private static readonly string[] CountFields = ["num_local_experts", "num_experts", "n_routed_experts"];

    private readonly Checkpoint checkpoint = model.Checkpoint;

    // What becomes of tensors that do not stay as they are; null for those that go.
    private readonly Dictionary<string, ComposedTensor?> changed = [];

    /// <summary>Writes the copy.</summary>
    /// <param name="directory">An empty directory.</param>
    /// <exception cref="DiagnosticException">A file cannot be read or written.</exception>
    public void Write(string directory)
    {
        foreach ((LayerDefinition layer, IReadOnlyList<int>? places) in model.Definition.Layers.Zip(kept))
        {
            foreach (ExpertsDefinition experts in layer.Blocks.Select(block => block.Mixer).OfType<ExpertsDefinition>())
            {
                Change(experts, places!);
            }
        }

        CompanionFiles.Copy(model.Directory, directory);
        WriteConfig(directory);
        ILookup<string, ComposedTensor> shards = Shards();
        foreach (string shard in checkpoint.Shards)
        {
            WriteShard(directory, shard, [.. shards[shard]]);
        }

        if (checkpoint.IsSharded)
        {
            FileBytes.WriteAll(Path.Combine(directory, ShardIndex.FileName), ShardIndex.Format(
                shards.SelectMany(shard => shard.Select(tensor => (tensor.Name, shard.Key)))
                    .ToDictionary(entry => entry.Name, entry => Checkpoint.NameInCopy(entry.Key)),
                shards.SelectMany(shard => shard).Sum(tensor => tensor.Parts.Sum(part => part.Length))));
        }
    }

    /// <summary>
    /// What becomes of each tensor, by the shard that it stands in. A shard of which nothing would be left gets the
    /// smallest tensor of those that can spare one, since a pruned model has the files of the dense one.
    /// </summary>
    private ILookup<string, ComposedTensor> Shards()
    {
        List<(string Shard, ComposedTensor Tensor)> placed =
            [.. checkpoint.Tensors.Where(checkpoint.IsInCopies)
                .Select(tensor => (tensor.Shard, Tensor: Changed(tensor)!))
                .Where(entry => entry.Tensor is not null)];
        foreach (string empty in checkpoint.Shards.Except(placed.Select(entry => entry.Shard)).ToList())
        {
            (string Shard, ComposedTensor Tensor) moved =
                placed.GroupBy(entry => entry.Shard).Where(shard => shard.Count() > 1).SelectMany(shard => shard)
                    .MinBy(entry => entry.Tensor.ByteLength);
            placed.Remove(moved);
            placed.Add((empty, moved.Tensor));
        }

        return placed.ToLookup(entry => entry.Shard, entry => entry.Tensor);
    }

    /// <summary>A shard that holds what it held stays as it is, its header too.</summary>
    private void WriteShard(string directory, string shard, ComposedTensor[] tensors)
    {
        IEnumerable<TensorInfo> before = checkpoint.Tensors.Concat(checkpoint.Superseded)
            .Where(tensor => tensor.Shard == shard);
        string path = Path.Combine(directory, Checkpoint.NameInCopy(shard));
        if (!checkpoint.IsConvertedInCopies
            && before.Select(tensor => tensor.Name).SequenceEqual(tensors.Select(tensor => tensor.Name))
            && !tensors.Any(tensor => changed.ContainsKey(tensor.Name)))
        {
            FileBytes.Copy(Path.Combine(checkpoint.Directory, shard), path);
        }
        else
        {
            ComposedShard.Write(checkpoint, path, tensors);
        }
    }

    private void Change(ExpertsDefinition experts, IReadOnlyList<int> places)
    {
        TakeRows(experts.Router.Weight.Tensor, places);
        if (experts.Router.Bias is { } bias)
        {
            TakeRows(bias.Tensor, places);
        }

        for (int expert = 0; expert < experts.Experts.Count; expert++)
        {
            // Pairs the tensors of the expert that goes to a place with those that stood there.
            TensorShape[] standing = [.. experts.Experts[expert].Tensors.Distinct()];
            TensorShape[]? coming = expert < places.Count
                ? [.. experts.Experts[places[expert]].Tensors.Distinct()]
                : null;
            for (int i = 0; i < standing.Length; i++)
            {
                Move(standing[i], coming?[i], places);
            }
        }
    }

    private void Move(TensorShape standing, TensorShape? coming, IReadOnlyList<int> places)
    {
        if (standing.Planes > 0)
        {
            TakeRows(standing, places);
            return;
        }

        TensorInfo? source = coming is null ? null : checkpoint[coming.Name];
        changed[standing.Name] = source is null
            ? null
            : new ComposedTensor(standing.Name, source.ElementType, source.Shape, [Whole(source)]);
    }

    /// <summary>Keeps some of what a tensor has along its first dimension: rows of a matrix, planes, elements of a
    /// vector.</summary>
    private void TakeRows(TensorShape shape, IReadOnlyList<int> places)
    {
        TensorInfo tensor = checkpoint[shape.Name];
        long length = tensor.ByteLength / tensor.Shape[0];
        changed[shape.Name] = new ComposedTensor(
            tensor.Name, tensor.ElementType, [places.Count, .. tensor.Shape.Skip(1)], [.. places.Select(
                place => new BytePart(tensor, place * length, length))]);
    }

    private ComposedTensor? Changed(TensorInfo tensor) => changed.TryGetValue(tensor.Name, out ComposedTensor? other)
        ? other
        : new ComposedTensor(tensor.Name, tensor.ElementType, tensor.Shape, [Whole(tensor)]);

    private static BytePart Whole(TensorInfo tensor) => new(tensor, 0, tensor.ByteLength);

    private void WriteConfig(string directory)
    {
        string path = Path.Combine(directory, ConfigFile);
        JsonObject config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(model.Directory, ConfigFile)))!.AsObject();
        foreach (string field in CountFields.Where(config.ContainsKey))
        {
            config[field] = kept.First(places => places is not null)!.Count;
        }

        File.WriteAllText(path, config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }
}
