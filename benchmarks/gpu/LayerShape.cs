using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Gpu;

/// <summary>The shapes that are measured: decoder layers of models in use, and small ones for a rehearsal on a
/// processor.</summary>
internal static class LayerShape
{
    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, SyntheticModel> All { get; } = new Dictionary<string, SyntheticModel>
    {
        // Touvron et al. 2023.
        ["llama-2-7b"] = new(ModelFamily.Llama, 1, 4096, 11008, 32, 2048),

        // The widths of Qwen3-4B without what is its own: all heads have keys, and they are as wide as hidden / heads.
        ["qwen3-4b-like"] = new(ModelFamily.Llama, 1, 2560, 9728, 32, 2048),
        ["medium"] = new(ModelFamily.Llama, 1, 1024, 2752, 16, 2048),
        ["small"] = new(ModelFamily.Llama, 1, 256, 688, 4, 2048),
    };
}
