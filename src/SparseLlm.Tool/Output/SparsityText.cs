using System.Globalization;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Tool.Output;

/// <summary>How sparse something is, as people write it: 70.00 %, or 2:4 where that is the pattern.</summary>
internal static class SparsityText
{
    /// <summary>What was asked for.</summary>
    public static string Of(SparsityPattern pattern)
        => pattern is SparsityPattern.Unstructured ? Share(pattern.Sparsity) : pattern.ToString()!;

    /// <summary>What an artifact has come to: its pattern where every matrix has it, otherwise the share of
    /// zeros.</summary>
    public static string Of(ArtifactManifest manifest) =>
        SparsityPattern.TryParseGroups(manifest.Pattern, out SparsityPattern.Groups groups, out _)
            && manifest.Tensors.All(tensor => tensor.Pattern == manifest.Pattern)
            ? Of(groups)
            : Share(manifest.PrunedShare);

    /// <summary>What was done to a model: pruned to how sparse, quantised to how many bits, or both.</summary>
    public static string Done(ArtifactManifest manifest) => manifest switch
    {
        { IsOnlyQuantized: true, Quantization: { } codes } => $"quantised to {codes.Description}",
        { Quantization: { } codes } => $"pruned to {Of(manifest)} and quantised to {codes.Description}",
        _ => $"pruned to {Of(manifest)}",
    };

    /// <summary>The same of an artifact that is locked.</summary>
    public static string Of(LockedArtifact locked) =>
        locked.Inputs.Layers.SelectMany(layer => layer.Patterns.Values).Distinct().ToArray() is [var pattern]
            && SparsityPattern.TryParseGroups(pattern, out SparsityPattern.Groups groups, out _)
            ? Of(groups)
            : Share(locked.Inputs.IsOnlyQuantized ? 0 : locked.Sparsity);

    private static string Share(double sparsity) => sparsity.ToString("0.00 %", CultureInfo.InvariantCulture);
}
