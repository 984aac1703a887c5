using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Factorizations;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;

namespace SparseLlm.Numerics.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public bool TryInverseFactor(Matrix<double> h, Matrix<double> u)
    {
        View<double> source = Open(h, h.Rows, h.Rows);
        View<double> factor = Open(u, h.Rows, h.Rows);
        Shapes.RequireApart(Overlap(h, u), nameof(u));

        bool positiveDefinite = new InverseFactor(doubleProducts, team, pool).Try(source, factor);
        Keep(h, u);
        return positiveDefinite;
    }

    /// <inheritdoc/>
    public void InverseFromFactor(Matrix<double> u, Matrix<double> inverse)
    {
        View<double> factor = Open(u, u.Rows, u.Rows);
        View<double> result = Open(inverse, u.Rows, u.Rows);
        Shapes.RequireApart(Overlap(u, inverse), nameof(inverse));

        doubleProducts.Multiply(factor.Transposed, factor, result, 1, 0, Zeros.LowerA | Zeros.UpperB | Zeros.UpperC);
        Transposition.MirrorUpper(team, result);
        Keep(u, inverse);
    }
}
