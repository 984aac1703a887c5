namespace SparseLlm.Benchmarks.Workloads;

/// <summary>The architectures that models are made up in.</summary>
public enum ModelFamily
{
    /// <summary>LayerNorm, biases, ReLU (Zhang et al. 2022).</summary>
    Opt,

    /// <summary>RMSNorm, rotary embedding, SwiGLU (Touvron et al. 2023).</summary>
    Llama,
}
