using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>Queries, keys and values, or their gradients.</summary>
internal readonly struct Projections(View<float> query, View<float> key, View<float> value)
{
    public View<float> Query { get; } = query;

    public View<float> Key { get; } = key;

    public View<float> Value { get; } = value;
}
