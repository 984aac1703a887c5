using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Pruning;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void ObsSweep(Matrix<float> weights, Matrix<double> u, long zeros, int blockSize, Matrix<float> mask)
    {
        (View<float> w, View<double> factor, View<float> kept) = OpenSweep(weights, u, zeros, weights.Length, blockSize, mask);
        new ObsSweep(products, team, pool).PruneUnstructured(w, factor, zeros, blockSize, kept);
        Keep(weights, u, mask);
    }

    /// <inheritdoc/>
    public void ObsSweepGroups(Matrix<float> weights, Matrix<double> u, int zeros, int group, int blockSize, Matrix<float> mask)
    {
        Shapes.RequireGroups(weights, group);
        (View<float> w, View<double> factor, View<float> kept) = OpenSweep(weights, u, zeros, group, blockSize, mask);
        new ObsSweep(products, team, pool).PruneGroups(w, factor, zeros, group, blockSize, kept);
        Keep(weights, u, mask);
    }

    /// <inheritdoc/>
    public void UpdateReluPreactivation(Matrix<float> m, Matrix<float> p, float alpha, float gamma, Matrix<float> z)
    {
        View<float> linear = Open(m);
        Map.Run(team, new ReluPreactivation(alpha, gamma), linear, Open(p, m.Rows, m.Columns), linear, Open(z, m.Rows, m.Columns));
        Keep(m, p, z);
    }

    /// <inheritdoc/>
    public void UpdateSwiGluUp(Matrix<float> m, Matrix<float> s, Matrix<float> p, float alpha, float gamma, Matrix<float> z)
    {
        Map.Run(
            team, new SwiGluUp(alpha, gamma), Open(m), Open(s, m.Rows, m.Columns), Open(p, m.Rows, m.Columns),
            Open(z, m.Rows, m.Columns));
        Keep(m, s, p, z);
    }

    /// <inheritdoc/>
    public void UpdateSwiGluGate(Matrix<float> m, Matrix<float> z, Matrix<float> p, float alpha, float gamma, Matrix<float> s)
    {
        new SwiGluGate(alpha, gamma).Update(
            team, Open(m), Open(z, m.Rows, m.Columns), Open(p, m.Rows, m.Columns), Open(s, m.Rows, m.Columns));
        Keep(m, z, p, s);
    }

    /// <inheritdoc/>
    public void AccumulateSwiGluSensitivity(
        Matrix<float> gate, Matrix<float> up, Matrix<double> upSensitivity, Matrix<double> gateSensitivity)
    {
        View<float> gates = Open(gate);
        SwiGluSensitivity.Accumulate(
            team, gates, Open(up, gate.Rows, gate.Columns), Open(upSensitivity, 1, gate.Columns).Data,
            Open(gateSensitivity, 1, gate.Columns).Data);
        Keep(gate, up, upSensitivity, gateSensitivity);
    }

    /// <inheritdoc/>
    public void AccumulatePositiveCounts(Matrix<float> x, Matrix<double> counts)
    {
        View<float> tokens = Open(x);
        ColumnReductions.CountPositive(team, tokens, Open(counts, 1, x.Columns).Data);
        Keep(x, counts);
    }

    private static (View<float> Weights, View<double> U, View<float> Mask) OpenSweep(
        Matrix<float> weights, Matrix<double> u, long zeros, long most, int blockSize, Matrix<float> mask)
    {
        View<float> target = Open(weights);
        View<double> factor = Open(u, weights.Columns, weights.Columns);
        View<float> kept = Open(mask, weights.Rows, weights.Columns);
        Shapes.RequireCount(zeros, most);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        Shapes.RequireApart(Overlap(weights, mask), nameof(mask));
        return (target, factor, kept);
    }
}
