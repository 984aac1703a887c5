namespace SparseLlm.Models.Definitions;

/// <summary>Which normalisation.</summary>
public enum NormKind
{
    /// <summary>Mean and variance, with gain and bias (Ba et al. 2016).</summary>
    LayerNorm,

    /// <summary>Root mean square, with gain (Zhang and Sennrich 2019).</summary>
    RmsNorm,
}

/// <summary>A normalisation of each token's channels.</summary>
/// <param name="Name">The module's name; its tensors are <c>Name.weight</c> and, for a layer norm, <c>Name.bias</c>.</param>
/// <param name="Kind">Which normalisation.</param>
/// <param name="Width">Channels.</param>
/// <param name="Epsilon">Added to the variance or mean square.</param>
/// <param name="IsAffine">Whether there are a gain and a bias at all.</param>
public sealed record NormDefinition(string Name, NormKind Kind, int Width, float Epsilon, bool IsAffine = true)
{
    /// <summary>The gain's name in the checkpoint.</summary>
    public string GainName => Name + ".weight";

    /// <summary>The bias's name in the checkpoint.</summary>
    public string BiasName => Name + ".bias";

    /// <summary>Whether there is a bias.</summary>
    public bool HasBias => IsAffine && Kind == NormKind.LayerNorm;

    /// <summary>The tensors of this normalisation.</summary>
    public IEnumerable<TensorShape> Tensors
    {
        get
        {
            if (IsAffine)
            {
                yield return TensorShape.Vector(GainName, Width);
            }

            if (HasBias)
            {
                yield return TensorShape.Vector(BiasName, Width);
            }
        }
    }
}
