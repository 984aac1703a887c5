namespace SparseLlm.Models.Definitions;

/// <summary>Which normalisation.</summary>
public enum NormKind
{
    /// <summary>Mean and variance (Ba et al. 2016).</summary>
    LayerNorm,

    /// <summary>Root mean square (Zhang and Sennrich 2019).</summary>
    RmsNorm,
}

/// <summary>
/// A normalisation of each token's channels, in groups of <paramref name="Width"/>: all of them, or those of each head.
/// It is compared by reference: blocks that name the same one share it.
/// </summary>
/// <param name="Kind">Which normalisation.</param>
/// <param name="Width">Channels that are normalised together.</param>
/// <param name="Epsilon">Added to the variance or mean square.</param>
/// <param name="Gain">The stored gains, one after the other: as many as channels, or of each head its own; none for
/// ones.</param>
/// <param name="Bias">The bias, if there is one.</param>
/// <param name="GainOffset">Added to the stored gain: 1 in Gemma.</param>
public sealed record NormDefinition(
    NormKind Kind, int Width, float Epsilon, IReadOnlyList<TensorSlice> Gain, TensorSlice? Bias = null,
    float GainOffset = 0)
{
    /// <summary>A layer norm whose tensors are <c>name.weight</c> and <c>name.bias</c>.</summary>
    public static NormDefinition LayerNorm(
        string name,
        int width,
        float epsilon,
        bool isAffine = true,
        bool hasBias = true) => new(
            NormKind.LayerNorm,
            width,
            epsilon,
            isAffine ? [TensorSlice.Vector(name + ".weight", width)] : [],
            isAffine && hasBias ? TensorSlice.Vector(name + ".bias", width) : null);

    /// <summary>An RMS norm whose gain is <c>name.weight</c>.</summary>
    public static NormDefinition RmsNorm(string name, int width, float epsilon, float gainOffset = 0) =>
        new(NormKind.RmsNorm, width, epsilon, [TensorSlice.Vector(name + ".weight", width)], GainOffset: gainOffset);

    /// <summary>The tensors of this normalisation.</summary>
    public IEnumerable<TensorShape> Tensors => Gain.Concat(Bias is null ? [] : [Bias]).Select(slice => slice.Tensor);
}
