using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;

namespace SparseLlm.Pipeline.Artifacts.Cached;

/// <summary>
/// An artifact in the cache. A word of its entry counts only as far as it agrees with what is known otherwise: with the
/// key, with the dense model, and with the digests of the files, which their bytes are held against when they are
/// copied out.
/// </summary>
internal static class CachedArtifact
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "artifact";

    /// <summary>The digest of the files that an entry names.</summary>
    public static string Digest(CacheEntry entry)
        => ModelFiles.Digest(entry.Files.ToDictionary(file => file.Name, file => file.Digest));

    /// <summary>The manifest of an entry that is what the artifact of its key has to be.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="dense">The model that the artifact is made from.</param>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static ArtifactManifest Read(CacheEntry entry, DenseModel dense)
    {
        var manifest = entry.MetadataAs<ArtifactManifest>(Kind);
        CheckFiles(entry, dense, manifest.Encoding, manifest.Inputs?.DropsExperts == true);
        Require(EncodingKey.Of(manifest.Key, manifest.Encoding) == entry.Key, "its manifest belongs to another key");
        Require(manifest.StoredDigest == Digest(entry), "its files are not those that its manifest was written for");
        CheckTensors(manifest, dense.Definition);
        return manifest;
    }

    /// <summary>Checks that weights that are packed, or are stored in another form than the dense model's, so that
    /// lengths say nothing, are those of tensors that it has.</summary>
    /// <param name="manifest">The artifact.</param>
    /// <param name="dense">The model that the artifact is made from.</param>
    /// <param name="directory">Where its files are now.</param>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public static void CheckTensors(ArtifactManifest manifest, DenseModel dense, string directory)
    {
        try
        {
            using Checkpoint model = Checkpoint.Open(dense.Directory);
            if (manifest.Encoding == CheckpointEncoding.Dense && !model.IsConvertedInCopies)
            {
                return;
            }

            using Checkpoint stored = Checkpoint.Open(directory);
            bool isComplete = model.IsConvertedInCopies
                ? dense.Definition.Tensors.All(tensor => stored.TryGet(tensor.Name, out _))
                : stored.Tensors.Count == model.Tensors.Count;
            bool isSame = isComplete && stored.Tensors.All(tensor =>
                model.TryGet(tensor.Name, out TensorInfo? known) && known.ElementType == tensor.ElementType
                    && known.Shape.SequenceEqual(tensor.Shape));
            Require(
                stored.IsPacked == (manifest.Encoding == CheckpointEncoding.Sparse)
                    && (isSame || manifest.Inputs.DropsExperts), "it has other tensors than the dense model");
        }
        catch (DiagnosticException exception)
        {
            throw new InvalidDataException(exception.Diagnostics[0].Message, exception);
        }
    }

    /// <summary>
    /// A pruned model has the dense model's files: those with weights in the same length, the others to the byte. One
    /// with fewer experts has other tensors in those with weights, another config.json, and another index where there
    /// is one. A packed one has another length, another index, and a file that says how it is packed. One that was
    /// converted has another length and another index.
    /// </summary>
    private static void CheckFiles(
        CacheEntry entry,
        DenseModel dense,
        CheckpointEncoding encoding,
        bool hasFewerExperts)
    {
        IReadOnlyDictionary<string, string> known = dense.Digests.Files;
        IReadOnlyCollection<string> wanted = ModelFiles.Stored(known.Keys, encoding);
        bool isPacked = encoding == CheckpointEncoding.Sparse;
        bool isConverted = known.Keys.Any(name => Checkpoint.NameInCopy(name) != name);
        foreach (string name in wanted.Except(entry.Files.Select(file => file.Name)))
        {
            throw new InvalidDataException($"it lacks {name}");
        }

        Require(entry.Files.Count == wanted.Count, "it has files that the dense model does not have");
        foreach (CachedFile file in entry.Files)
        {
            bool isAsExpected = Checkpoint.HoldsTensors(file.Name) ? isPacked || hasFewerExperts || isConverted
                || file.Length == ModelFiles.Length(dense.Directory, file.Name)
                : (isPacked && file.Name == Checkpoint.EncodingFileName)
                    || file.Digest == known.GetValueOrDefault(file.Name)
                    || (hasFewerExperts && file.Name == "config.json")
                    || ((isPacked || hasFewerExperts || isConverted)
                    && file.Name == "model.safetensors.index.json");
            Require(isAsExpected, $"its {file.Name} cannot have been made from the dense model's");
        }
    }

    private static void CheckTensors(ArtifactManifest manifest, ModelDefinition definition)
    {
        Dictionary<string, LinearDefinition> linears = definition.Layers.SelectMany(layer => layer.Linears)
            .ToDictionary(linear => linear.WeightName);
        foreach (TensorReport tensor in manifest.Tensors)
        {
            bool isInModel = linears.TryGetValue(tensor.Name, out LinearDefinition? linear)
                && tensor.Shape.SequenceEqual([linear.Outputs, linear.Inputs]);
            Require(
                isInModel,
                $"its manifest tells of a matrix '{tensor.Name}' that the model does not have in this shape");
        }

        HashSet<string> pruned = [.. manifest.Tensors.Select(tensor => tensor.Tensor)];
        ILookup<string, TensorShape> shapes = definition.Tensors.ToLookup(tensor => tensor.Name);
        foreach (ChangedTensor tensor in manifest.OtherChanges ?? [])
        {
            bool isInModel = !pruned.Contains(tensor.Name)
                && shapes[tensor.Name].Any(shape => tensor.Shape.SequenceEqual(shape.Dimensions));
            Require(isInModel, $"its manifest tells of a change of '{tensor.Name}', which the model does not have in "
                + $"this shape or which was pruned");
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
