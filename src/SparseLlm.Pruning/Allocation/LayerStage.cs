namespace SparseLlm.Pruning.Allocation;

/// <summary>A place in a decoder layer where linear layers take a common input.</summary>
internal enum LayerStage
{
    /// <summary>q, k and v.</summary>
    AttentionProjections,

    /// <summary>o.</summary>
    AttentionOutput,

    /// <summary>up and gate.</summary>
    FeedForwardProjections,

    /// <summary>down.</summary>
    FeedForwardOutput,
}
