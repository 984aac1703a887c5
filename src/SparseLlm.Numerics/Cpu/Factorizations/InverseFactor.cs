using System.Numerics;
using System.Runtime.CompilerServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Factorizations;

/// <summary>
/// U upper triangular with h^-1 = U'U, that is U = R^-1 for h = R R' with R upper triangular (the Cholesky
/// decomposition begun at the last row). Factor and inverse are built together, recursively on halves, so that nearly
/// all of the work is in matrix products:
/// <code>
/// h = [A B; B' D]:  U22 from D;  R12 = B U22';  U11 from A - R12 R12';  U12 = -U11 R12 U22
/// </code>
/// </summary>
internal sealed unsafe class InverseFactor(MatrixProduct<double> products, WorkerTeam team, BufferPool pool)
{
    private const int BaseSize = 64;

    /// <summary>A pivot this much smaller than its diagonal element is rounding error.</summary>
    private const double PivotTolerance = 1e-14;

    /// <summary>Computes u; false where h is not positive definite.</summary>
    /// <param name="h">[d x d].</param>
    /// <param name="u">[d x d].</param>
    public bool Try(View<double> h, View<double> u)
    {
        team.RunChunks(h.Rows, WorkerTeam.RowsPerChunk(h.Columns), (start, count) =>
        {
            for (int i = (int)start; i < start + count; i++)
            {
                u.Row(i)[..i].Clear();
                h.Row(i)[i..].CopyTo(u.Row(i)[i..]);
            }
        });

        var smallest = new double[h.Rows];
        for (int i = 0; i < h.Rows; i++)
        {
            smallest[i] = *h.At(i, i) * PivotTolerance;
        }

        return TryInPlace(u, smallest);
    }

    /// <summary>Replaces the upper triangle of a symmetric matrix by its U. The lower one is neither read nor
    /// written.</summary>
    private bool TryInPlace(View<double> u, ReadOnlySpan<double> smallestPivots)
    {
        int n = u.Rows;
        if (n <= BaseSize)
        {
            return TryBase(u, smallestPivots);
        }

        int half = (n / 2 + BaseSize - 1) / BaseSize * BaseSize;
        int rest = n - half;
        View<double> u11 = u.Block(0, 0, half, half);
        View<double> u12 = u.Block(0, half, half, rest);
        View<double> u22 = u.Block(half, half, rest, rest);
        if (!TryInPlace(u22, smallestPivots[half..]))
        {
            return false;
        }

        using Scratch<double> scratch = pool.RentScratch<double>((nint)half * rest);
        var r12 = new View<double>(scratch.Data, half, rest);
        products.Multiply(u12, u22.Transposed, r12, 1, 0, Zeros.LowerB);
        products.Multiply(r12, r12.Transposed, u11, -1, 1, Zeros.UpperC);
        if (!TryInPlace(u11, smallestPivots[..half]))
        {
            return false;
        }

        products.Multiply(r12, u22, u12, 1, 0, Zeros.UpperB);
        products.Multiply(u11, u12, r12, -1, 0, Zeros.UpperA);
        for (int i = 0; i < half; i++)
        {
            r12.Row(i).CopyTo(u12.Row(i));
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryBase(View<double> u, ReadOnlySpan<double> smallestPivots)
    {
        int n = u.Rows;
        double* line = stackalloc double[BaseSize];

        // R from the last column to the first: column j of R, then its outer product out of what is left.
        for (int j = n - 1; j >= 0; j--)
        {
            double pivot = *u.At(j, j);
            if (!(pivot > smallestPivots[j] && pivot > 0 && double.IsFinite(pivot)))
            {
                return false;
            }

            double root = Math.Sqrt(pivot);
            *u.At(j, j) = root;
            for (int i = 0; i < j; i++)
            {
                line[i] = *u.At(i, j) / root;
                *u.At(i, j) = line[i];
            }

            for (int i = 0; i < j; i++)
            {
                SubtractScaled(u.At(i, i), line[i], line + i, j - i);
            }
        }

        // U = R^-1 in place, row by row from the last: U_i = (e_i - Σ_{k > i} R_ik U_k) / R_ii.
        for (int i = n - 1; i >= 0; i--)
        {
            double inverse = 1 / *u.At(i, i);
            new Span<double>(line, n).Clear();
            for (int k = i + 1; k < n; k++)
            {
                SubtractScaled(line + k, *u.At(i, k), u.At(k, k), n - k);
            }

            *u.At(i, i) = inverse;
            for (int j = i + 1; j < n; j++)
            {
                *u.At(i, j) = line[j] * inverse;
            }
        }

        return true;
    }

    /// <summary>x -= factor y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractScaled(double* x, double factor, double* y, int count)
    {
        var factors = new Vector<double>(-factor);
        int i = 0;
        for (; i <= count - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector.MultiplyAddEstimate(factors, Vector.Load(y + i), Vector.Load(x + i)).Store(x + i);
        }

        for (; i < count; i++)
        {
            x[i] = double.MultiplyAddEstimate(-factor, y[i], x[i]);
        }
    }
}
