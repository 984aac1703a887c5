using SparseLlm.Numerics.TorchSharp.Memory;
using SparseLlm.Numerics.TorchSharp.Pruning;
using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp;

public sealed partial class TorchBackend
{
    /// <inheritdoc/>
    public void ObsSweep(Matrix<float> weights, Matrix<double> u, long zeros, int blockSize, Matrix<float> mask)
    {
        using Operation operation = Begin();
        OpenSweep(operation, weights, u, zeros, weights.Length, blockSize, mask).PruneUnstructured(zeros, blockSize);
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
        using Operation operation = Begin();
        OpenSweep(operation, weights, u, zeros, group, blockSize, mask).PruneGroups(zeros, group, blockSize);
    }

    /// <inheritdoc/>
    public void RelativeImportance(Matrix<float> weights, ReadOnlySpan<double> factors, Matrix<float> scores)
    {
        using Operation operation = Begin();
        Tensor source = operation.Open(weights);
        Tensor target = operation.Open(scores, weights.Rows, weights.Columns);
        Shapes.RequireLength(factors.Length, weights.Columns, nameof(factors));
        Tensor scale = transfer.Vector(factors);
        Tensor columnSums = torch.zeros(1L, weights.Columns, torch.float64, device);
        chunks.Run(weights.Rows, weights.Columns, (start, count) =>
            columnSums.add_(source.narrow(0, start, count).abs().sum(0, keepdim: true, type: torch.float64), One));

        // Where a sum is zero, so is what is divided by it: by 1 then.
        columnSums.add_(columnSums.eq(Kept(0)), One);
        chunks.Map(target, source, rows =>
        {
            Tensor magnitudes = rows.abs().@double();
            Tensor rowSums = magnitudes.sum(1, keepdim: true);
            rowSums.add_(rowSums.eq(Kept(0)), One);
            return magnitudes.div(rowSums).add_(magnitudes.div(columnSums), One).mul_(scale);
        });
    }

    /// <inheritdoc/>
    public void RoundTo(Matrix<float> weights, NumberFormat format)
    {
        using Operation operation = Begin();
        Tensor target = operation.Open(weights);
        if (kernels is not null && format != NumberFormat.Single)
        {
            kernels.FormatRounding.Run(target, format);
            return;
        }

        chunks.Map(target, target, rows => FormatRounding.Rounded(rows, format));
    }

    /// <inheritdoc/>
    public void UpdateReluPreactivation(Matrix<float> m, Matrix<float> p, float alpha, float gamma, Matrix<float> z)
    {
        using Operation operation = Begin();
        Tensor linear = operation.Open(m);
        Tensor auxiliary = operation.Open(p, m.Rows, m.Columns);
        chunks.Map(operation.Open(z, m.Rows, m.Columns), linear, auxiliary, new ReluPreactivation(alpha, gamma).Update);
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
        using Operation operation = Begin();
        Tensor linear = operation.Open(m);
        Tensor gate = operation.Open(s, m.Rows, m.Columns);
        Tensor auxiliary = operation.Open(p, m.Rows, m.Columns);
        chunks.Map(operation.Open(z, m.Rows, m.Columns), linear, gate, auxiliary, (x, g, y) =>
        {
            Tensor silu = g.silu();
            Tensor weighted = silu.mul(Kept(gamma));
            return x.mul(Kept(alpha)).add_(weighted.mul(y), One).div_(weighted.mul(silu).add_(Kept(alpha), One));
        });
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
        using Operation operation = Begin();
        Tensor linear = operation.Open(m);
        Tensor up = operation.Open(z, m.Rows, m.Columns);
        Tensor auxiliary = operation.Open(p, m.Rows, m.Columns);
        chunks.Map(operation.Open(s, m.Rows, m.Columns), linear, up, auxiliary, new SwiGluGate(alpha, gamma).Update);
    }

    /// <inheritdoc/>
    public void AccumulateSensitivity(Nonlinearity f, Matrix<float> x, Matrix<double> sensitivity)
    {
        var activation = Activation.Of(f);
        AccumulateColumns(x, sensitivity, values => activation.Slope(values, torch.ones_like(values)).Squared());
    }

    /// <inheritdoc/>
    public void AccumulateGatedSensitivity(
        Nonlinearity f, Matrix<float> gate, Matrix<float> up, Matrix<double> upSensitivity,
        Matrix<double> gateSensitivity)
    {
        using Operation operation = Begin();
        Tensor gates = operation.Open(gate);
        Tensor ups = operation.Open(up, gate.Rows, gate.Columns);
        Tensor ofUp = operation.Open(upSensitivity, 1, gate.Columns);
        Tensor ofGate = operation.Open(gateSensitivity, 1, gate.Columns);
        var activation = GatedActivation.Of(f);
        chunks.Run(gate.Rows, gate.Columns, (start, count) =>
        {
            Tensor s = gates.narrow(0, start, count);
            Tensor y = ups.narrow(0, start, count);
            Tensor one = torch.ones_like(s);
            Tensor squares = activation.UpSlope(s, y, one).Squared().sum(0, keepdim: true, type: torch.float64);
            Tensor slopeSquares = activation.GateSlope(s, y, one).Squared().sum(0, keepdim: true, type: torch.float64);
            ofUp.add_(squares, One);
            ofGate.add_(slopeSquares, One);
        });
    }

    private ObsSweep OpenSweep(
        Operation operation, Matrix<float> weights, Matrix<double> u, long zeros, long most, int blockSize,
        Matrix<float> mask)
    {
        Tensor target = operation.Open(weights);
        Tensor factor = operation.Open(u, weights.Columns, weights.Columns);
        Tensor kept = operation.Open(mask, weights.Rows, weights.Columns);
        Shapes.RequireCount(zeros, most);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        Shapes.RequireApart(Overlap(weights, mask), nameof(mask));
        return new ObsSweep(target, factor, kept, kernels?.Sweep, kernels?.KeepLargest);
    }
}
