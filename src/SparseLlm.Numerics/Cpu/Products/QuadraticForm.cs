using System.Numerics.Tensors;
using SparseLlm.Numerics.Cpu.Elementwise;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// tr w h w' for a symmetric h, from its upper triangle alone: what is above the diagonal counts twice, which halves
/// the product. It goes by panels of columns, so that there is never a single-precision copy of all of h.
/// </summary>
internal sealed unsafe class QuadraticForm(MatrixProduct<float> products, WorkerTeam team, BufferPool pool)
{
    private const int PanelColumns = 512;

    /// <summary>The value of the form.</summary>
    /// <param name="w">[m x d].</param>
    /// <param name="h">[d x d].</param>
    public double Of(View<float> w, View<double> h)
    {
        int widest = Math.Min(PanelColumns, h.Columns);
        using Scratch<float> panelMemory = pool.RentScratch<float>((nint)h.Rows * widest);
        using Scratch<float> productMemory = pool.RentScratch<float>((nint)w.Rows * widest);
        using Scratch<double> sums = pool.RentScratch<double>(w.Rows);
        double total = 0;
        for (int start = 0; start < h.Columns; start += PanelColumns)
        {
            int width = Math.Min(PanelColumns, h.Columns - start);
            int end = start + width;
            var panel = new View<float>(panelMemory.Data, end, width);
            var product = new View<float>(productMemory.Data, w.Rows, width);
            Arithmetic.ForRows(
                team,
                panel,
                i => NarrowDoubled(h.Block(i, start, 1, width).Row(0), i - start, panel.Row(i)));
            products.Multiply(w.Block(0, 0, w.Rows, end), panel, product, 1, 0);
            Reductions.RowDots(team, product, w.Block(0, start, w.Rows, width), sums.Data);
            for (int i = 0; i < w.Rows; i++)
            {
                total += sums.Data[i];
            }
        }

        return total;
    }

    /// <summary>A row of h in single precision: zeros before the diagonal, twice what is behind it.</summary>
    private static void NarrowDoubled(ReadOnlySpan<double> row, int diagonal, Span<float> narrow)
    {
        TensorPrimitives.ConvertTruncating(row, narrow);
        if (diagonal >= 0)
        {
            narrow[..diagonal].Clear();
        }

        Span<float> behind = narrow[(diagonal < 0 ? 0 : diagonal + 1)..];
        TensorPrimitives.Multiply(behind, 2, behind);
    }
}
