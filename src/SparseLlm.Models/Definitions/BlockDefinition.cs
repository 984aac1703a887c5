namespace SparseLlm.Models.Definitions;

/// <summary>A residual block: x + f(x), with f a mixer between norms.</summary>
/// <param name="Mixer">Attention, a feed-forward block, or experts.</param>
public sealed record BlockDefinition(MixerDefinition Mixer)
{
    /// <summary>The norm of what goes into the mixer.</summary>
    public NormDefinition? InputNorm { get; init; }

    /// <summary>The norm of what comes out of it, before it is added (Gemma 2, OLMo 2).</summary>
    public NormDefinition? OutputNorm { get; init; }

    /// <summary>The norm of the sum, norm(x + f(x)), as in OPT-350m.</summary>
    public NormDefinition? SumNorm { get; init; }

    /// <summary>Its norms, in the order in which data flows through them.</summary>
    public IEnumerable<NormDefinition> Norms => new[] { InputNorm, OutputNorm, SumNorm }.OfType<NormDefinition>();
}
