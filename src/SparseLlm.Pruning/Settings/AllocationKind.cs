namespace SparseLlm.Pruning.Settings;

/// <summary>How the weight budget is spread over the tensors that no rule is about.</summary>
public enum AllocationKind
{
    /// <summary>Every tensor equally sparse.</summary>
    Uniform,

    /// <summary>Decoder layers with more outliers keep more (Yin et al. 2024).</summary>
    Owl,

    /// <summary>By the error that pruning each tensor alone makes in its layer's output.</summary>
    Error,
}
