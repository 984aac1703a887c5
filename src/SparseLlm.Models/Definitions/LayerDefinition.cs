namespace SparseLlm.Models.Definitions;

/// <summary>How the residual blocks of a layer are wired.</summary>
public enum Wiring
{
    /// <summary>Each takes in what the one before it gives: y = x + f(x), z = y + g(y).</summary>
    Sequential,

    /// <summary>All take in the layer's input: x + f(x) + g(x), as in GPT-J, GPT-NeoX and Phi.</summary>
    Parallel,
}

/// <summary>One decoder layer: residual blocks.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Blocks">The blocks in order: attention, then the feed-forward block.</param>
/// <param name="Wiring">How they are wired.</param>
/// <param name="ResidualMultiplier">The factor of what a block adds to the residual stream (Granite).</param>
public sealed record LayerDefinition(
    int Index, IReadOnlyList<BlockDefinition> Blocks, Wiring Wiring = Wiring.Sequential, float ResidualMultiplier = 1)
{
    /// <summary>A layer whose mixers all take in what one norm gives, in parallel.</summary>
    public static LayerDefinition Parallel(int index, NormDefinition norm, params MixerDefinition[] mixers) =>
        new(index, [.. mixers.Select(mixer => new BlockDefinition(mixer) { InputNorm = norm })], Wiring.Parallel);

    /// <summary>The linear layers in the order in which data flows through them.</summary>
    public IEnumerable<LinearDefinition> Linears => Blocks.SelectMany(block => block.Mixer.Linears);

    /// <summary>Every stored tensor of this layer, once.</summary>
    public IEnumerable<TensorShape> Tensors =>
        Blocks.SelectMany(block => block.Norms).SelectMany(norm => norm.Tensors)
            .Concat(Blocks.SelectMany(block => block.Mixer.Tensors))
            .Distinct();

    /// <summary>
    /// Whether the last matrix of a block may be fitted to what the dense residual stream has and the pruned one lacks,
    /// so that it repairs the loss of everything before it: what it gives must be added to the stream as it is, and be
    /// the last thing that is.
    /// </summary>
    public bool Repairs(int block)
        => Blocks[block].OutputNorm is null && (Wiring == Wiring.Sequential || block == Blocks.Count - 1);
}
