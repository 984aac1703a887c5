using SparseLlm.Models.Checkpoints;
using SparseLlm.Pipeline.Keys;

namespace SparseLlm.Pipeline.Running;

/// <summary>Which files of a directory are the model: weights, configuration, tokenizer, and what else goes along with a pruned copy.</summary>
public static class ModelFiles
{
    /// <summary>Their paths relative to the directory, in ordinal order.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The index of the checkpoint breaks its format.</exception>
    public static IReadOnlyList<string> Of(string directory) =>
        [.. CompanionFiles.Of(directory).Concat(Checkpoint.Files(directory)).Order(StringComparer.Ordinal)];

    /// <summary>Whether a file holds tensors.</summary>
    public static bool HoldsWeights(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>What those take that hold tensors, in bytes.</summary>
    public static long WeightBytes(string directory) =>
        Of(directory).Where(HoldsWeights).Sum(name => new FileInfo(Path.Combine(directory, name)).Length);

    /// <summary>The digest of each of them.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">One cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> Digests(string directory, FileDigests digests) =>
        Of(directory).ToDictionary(name => name, name => digests.Of(Path.Combine(directory, name)));

    /// <summary>One digest for all of them, names included.</summary>
    public static string Digest(IReadOnlyDictionary<string, string> digests) => KeyBuilder.Of("files", digests);
}
