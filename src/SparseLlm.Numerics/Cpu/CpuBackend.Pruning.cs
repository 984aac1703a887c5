using SparseLlm.Numerics.Cpu.Activations;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Pruning;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void ObsSweep(Matrix<float> weights, Matrix<double> u, long zeros, int blockSize, Matrix<float> mask)
    {
        (View<float> w, View<double> factor, View<float> kept) = OpenSweep(
            weights,
            u,
            zeros,
            weights.Length,
            blockSize,
            mask);
        new ObsSweep(products, team, pool).PruneUnstructured(w, factor, zeros, blockSize, kept);
        Keep(weights, u, mask);
    }

    /// <inheritdoc/>
    public void ObsSweepGroups(
        Matrix<float> weights,
        Matrix<double> u,
        int zeros,
        int group,
        int blockSize,
        Matrix<float> mask)
    {
        Shapes.RequireGroups(weights, group);
        (View<float> w, View<double> factor, View<float> kept) = OpenSweep(weights, u, zeros, group, blockSize, mask);
        new ObsSweep(products, team, pool).PruneGroups(w, factor, zeros, group, blockSize, kept);
        Keep(weights, u, mask);
    }

    /// <inheritdoc/>
    public void RelativeImportance(Matrix<float> weights, ReadOnlySpan<double> factors, Matrix<float> scores)
    {
        View<float> source = Open(weights);
        Shapes.RequireLength(factors.Length, weights.Columns, nameof(factors));
        fixed (double* pinned = factors)
        {
            Pruning.RelativeImportance.Score(team, source, pinned, Open(scores, weights.Rows, weights.Columns));
        }

        Keep(weights, scores);
    }

    /// <inheritdoc/>
    public void RoundTo(Matrix<float> weights, NumberFormat format)
    {
        new FormatRounding(format).Run(team, Open(weights));
        Keep(weights);
    }

    /// <inheritdoc/>
    public void UpdateReluPreactivation(Matrix<float> m, Matrix<float> p, float alpha, float gamma, Matrix<float> z)
    {
        Map.Run(
            team,
            new ReluPreactivation(alpha, gamma),
            Open(m),
            Open(p, m.Rows, m.Columns),
            Open(z, m.Rows, m.Columns));
        Keep(m, p, z);
    }

    /// <inheritdoc/>
    public void UpdateSwiGluUp(
        Matrix<float> m,
        Matrix<float> s,
        Matrix<float> p,
        float alpha,
        float gamma,
        Matrix<float> z)
    {
        Map.Run(
            team, new SwiGluUp(alpha, gamma), Open(m), Open(s, m.Rows, m.Columns), Open(p, m.Rows, m.Columns),
            Open(z, m.Rows, m.Columns));
        Keep(m, s, p, z);
    }

    /// <inheritdoc/>
    public void UpdateSwiGluGate(
        Matrix<float> m,
        Matrix<float> z,
        Matrix<float> p,
        float alpha,
        float gamma,
        Matrix<float> s)
    {
        new SwiGluGate(alpha, gamma).Update(
            team, Open(m), Open(z, m.Rows, m.Columns), Open(p, m.Rows, m.Columns), Open(s, m.Rows, m.Columns));
        Keep(m, z, p, s);
    }

    /// <inheritdoc/>
    public void AccumulateSensitivity(Nonlinearity f, Matrix<float> x, Matrix<double> sensitivity)
    {
        ActivationKernel.Of(f).AccumulateSensitivity(team, Open(x), Open(sensitivity, 1, x.Columns).Data);
        Keep(x, sensitivity);
    }

    /// <inheritdoc/>
    public void AccumulateGatedSensitivity(
        Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<double> upSensitivity,
        Matrix<double> gateSensitivity)
    {
        GatedActivationKernel.Of(f).AccumulateSensitivity(
            team, Open(gate), Open(up, gate.Rows, gate.Columns), Open(upSensitivity, 1, gate.Columns).Data,
            Open(gateSensitivity, 1, gate.Columns).Data);
        Keep(gate, up, upSensitivity, gateSensitivity);
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
