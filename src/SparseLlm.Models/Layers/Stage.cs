namespace SparseLlm.Models.Layers;

/// <summary>A place in a decoder layer where linear layers take in a common input.</summary>
/// <param name="Block">The place of its block.</param>
/// <param name="Mixer">The block's mixer.</param>
/// <param name="IsOutput">Whether it is the mixer's second stage, the output projection.</param>
public sealed record Stage(int Block, StagedMixer Mixer, bool IsOutput)
{
    /// <summary>The linear layers.</summary>
    public IReadOnlyList<Linear> Linears => IsOutput ? [Mixer.Output] : Mixer.Projections;

    /// <summary>How wide their input is.</summary>
    public int Width => Linears[0].Definition.Inputs;
}
