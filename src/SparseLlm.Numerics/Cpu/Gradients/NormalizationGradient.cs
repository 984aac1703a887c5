using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Gradients;

/// <summary>Derivatives of layer norm (centred) and RMS norm (not centred); means are taken in double
/// precision.</summary>
internal sealed unsafe class NormalizationGradient(WorkerTeam team, BufferPool pool, bool centred, float epsilon)
{
    /// <summary>dx = s (g - mean(g) - n mean(g ⊙ n)) with g = dy ⊙ gain; gainGradient += Σ dy ⊙ n.</summary>
    /// <param name="x">[n x d].</param>
    /// <param name="gain">[g x d], taken by the rows in turn, or null for ones.</param>
    /// <param name="dy">[n x d].</param>
    /// <param name="dx">[n x d].</param>
    /// <param name="gainGradient">[g x d], or null.</param>
    public void Run(View<float> x, View<float>? gain, View<float> dy, View<float> dx, View<double>? gainGradient)
    {
        using Scratch<float> memory = pool.RentScratch<float>(x.Length);
        var normalized = new View<float>(memory.Data, x.Rows, x.Columns);
        Arithmetic.ForRows(team, x, i =>
        {
            double scale = Normalize(x.At(i, 0), normalized.Row(i));
            if (gain is { } gains)
            {
                TensorPrimitives.Multiply(dy.Row(i), gains.Row(i % gains.Rows), dx.Row(i));
            }
            else
            {
                dy.Row(i).CopyTo(dx.Row(i));
            }

            Project(normalized.Row(i), scale, dx.Row(i));
            TensorPrimitives.Multiply(normalized.Row(i), dy.Row(i), normalized.Row(i));
        });
        if (gainGradient is { } sums)
        {
            // Rows that take different gains side by side: every column then belongs to one of them.
            var together = new View<float>(memory.Data, x.Rows / sums.Rows, sums.Rows * x.Columns);
            ColumnReductions.Sum(team, together, sums.Data);
        }
    }

    /// <summary>The row without its mean (if centred) and of unit mean square; returns what it was multiplied
    /// by.</summary>
    private double Normalize(float* x, Span<float> normalized)
    {
        double mean = centred ? Reductions.Sum(x, normalized.Length) / normalized.Length : 0;
        TensorPrimitives.Subtract(new ReadOnlySpan<float>(x, normalized.Length), (float)mean, normalized);
        double scale = 1 / Math.Sqrt(MeanProduct(normalized, normalized) + epsilon);
        TensorPrimitives.Multiply(normalized, (float)scale, normalized);
        return scale;
    }

    /// <summary>g = scale (g - mean(g) - n mean(g ⊙ n)).</summary>
    private void Project(Span<float> normalized, double scale, Span<float> g)
    {
        double along = MeanProduct(normalized, g);
        if (centred)
        {
            fixed (float* values = g)
            {
                TensorPrimitives.Subtract(g, (float)(Reductions.Sum(values, g.Length) / g.Length), g);
            }
        }

        TensorPrimitives.MultiplyAdd(normalized, (float)-along, g, g);
        TensorPrimitives.Multiply(g, (float)scale, g);
    }

    private static double MeanProduct(Span<float> x, Span<float> y)
    {
        fixed (float* left = x)
        fixed (float* right = y)
        {
            return Reductions.Dot(left, right, x.Length) / x.Length;
        }
    }
}
