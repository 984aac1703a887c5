using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Keys;

namespace SparseLlm.Pipeline.Running;

/// <summary>
/// An artifact in the cache. A word of its entry counts only as far as it agrees with what is known otherwise: with the key, with the dense model, and with
/// the digests of the files, which their bytes are held against when they are copied out.
/// </summary>
internal static class CachedArtifact
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "artifact";

    /// <summary>The digest of the files that an entry names.</summary>
    public static string Digest(CacheEntry entry) => ModelFiles.Digest(entry.Files.ToDictionary(file => file.Name, file => file.Digest));

    /// <summary>The manifest of an entry that is what the artifact of its key has to be.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="dense">The model that the artifact is made from.</param>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static ArtifactManifest Read(CacheEntry entry, DenseModel dense)
    {
        var manifest = entry.MetadataAs<ArtifactManifest>(Kind);
        CheckFiles(entry, dense, manifest.Inputs?.DropsExperts == true);
        Require(manifest.Key == entry.Key, "its manifest belongs to another key");
        Require(manifest.Digest == Digest(entry), "its files are not those that its manifest was written for");
        CheckTensors(manifest, dense.Definition);
        return manifest;
    }

    /// <summary>
    /// A pruned model has the dense model's files: those with weights in the same length, the others to the byte. One with fewer experts has other tensors in those
    /// with weights, another config.json, and another index where there is one.
    /// </summary>
    private static void CheckFiles(CacheEntry entry, DenseModel dense, bool hasFewerExperts)
    {
        IReadOnlyDictionary<string, string> wanted = dense.Digests.Files;
        foreach (string name in wanted.Keys.Except(entry.Files.Select(file => file.Name)))
        {
            throw new InvalidDataException($"it lacks {name}");
        }

        Require(entry.Files.Count == wanted.Count, "it has files that the dense model does not have");
        foreach (CachedFile file in entry.Files)
        {
            bool isAsExpected = ModelFiles.HoldsWeights(file.Name)
                ? hasFewerExperts || file.Length == ModelFiles.Length(dense.Directory, file.Name)
                : file.Digest == wanted[file.Name] || (hasFewerExperts && file.Name is "config.json" or "model.safetensors.index.json");
            Require(isAsExpected, $"its {file.Name} cannot have been made from the dense model's");
        }
    }

    private static void CheckTensors(ArtifactManifest manifest, ModelDefinition definition)
    {
        Dictionary<string, LinearDefinition> linears = definition.Layers.SelectMany(layer => layer.Linears).ToDictionary(linear => linear.WeightName);
        foreach (TensorReport tensor in manifest.Tensors)
        {
            bool isInModel = linears.TryGetValue(tensor.Name, out LinearDefinition? linear) && tensor.Shape.SequenceEqual([linear.Outputs, linear.Inputs]);
            Require(isInModel, $"its manifest tells of a matrix '{tensor.Name}' that the model does not have in this shape");
        }

        HashSet<string> pruned = [.. manifest.Tensors.Select(tensor => tensor.Tensor)];
        ILookup<string, TensorShape> shapes = definition.Tensors.ToLookup(tensor => tensor.Name);
        foreach (ChangedTensor tensor in manifest.OtherChanges ?? [])
        {
            bool isInModel = !pruned.Contains(tensor.Name) && shapes[tensor.Name].Any(shape => tensor.Shape.SequenceEqual(shape.Dimensions));
            Require(isInModel, $"its manifest tells of a change of '{tensor.Name}', which the model does not have in this shape or which was pruned");
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }
}
