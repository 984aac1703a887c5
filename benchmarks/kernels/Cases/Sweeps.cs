using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics;

namespace SparseLlm.Benchmarks.Kernels.Cases;

/// <summary>Factor and OBS sweep of a matrix beside the same, operation by operation, in PyTorch.</summary>
internal static class Sweeps
{
    private const double Goal = 4;

    private static readonly (int Rows, int Columns)[] Shapes
        = [(768, 768), (3072, 768), (768, 3072), (2048, 2048), (4096, 4096)];

    public static IEnumerable<Func<Operands, Peer, Comparison>> All() =>
        from shape in Shapes
        from groups in (bool[])[false, true]
        select (Func<Operands, Peer, Comparison>)((operands, peer) => Of(
            operands,
            peer,
            shape.Rows,
            shape.Columns,
            groups));

    private static Comparison Of(Operands operands, Peer peer, int rows, int columns, bool groups)
    {
        Matrix<double> h = operands.Gram(columns);
        Matrix<double> u = operands.Zeros(columns, columns);
        Matrix<float> weights = operands.Matrix(rows, columns);
        Matrix<float> pruned = operands.Matrix(rows, columns);
        Matrix<float> mask = operands.Matrix(rows, columns);
        return new Comparison(
            $"factor and sweep {rows} x {columns}, {(groups ? "2:4" : "50 %")}",
            "torch",
            Goal,
            () => Timing.Of(() =>
            {
                operands.Backend.Copy(weights, pruned);
                operands.Backend.TryInverseFactor(h, u);
                if (groups)
                {
                    operands.Backend.ObsSweepGroups(pruned, u, 2, 4, 128, mask);
                }
                else
                {
                    operands.Backend.ObsSweep(pruned, u, pruned.Length / 2, 128, mask);
                }
            }),
            () => peer.Run($"sweep {columns} {rows} {(groups ? "2 4" : "0.5 0")}"));
    }
}
