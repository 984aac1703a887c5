using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Importance;

/// <summary>Arithmetic on squared importances.</summary>
internal static class RowSquares
{
    /// <summary>The sum of squares of each column of a matrix's weights.</summary>
    public static double[] OfColumns(IBackend backend, Linear linear)
    {
        using Matrix<double> sums = backend.Allocate<double>(1, linear.Definition.Inputs);
        backend.AccumulateColumnSquares(linear.Weight, sums);
        return Download(backend, sums);
    }

    /// <summary>Numbers on the host.</summary>
    public static double[] Download(IBackend backend, Matrix<double> values)
    {
        var host = new double[values.Columns];
        backend.Download(values, host);
        return host;
    }

    /// <summary>The square roots, to the mean 1.</summary>
    public static float[] Normalized(double[] squares)
    {
        double mean = squares.Average(Math.Sqrt);
        return [.. squares.Select(square => mean > 0 ? (float)(Math.Sqrt(square) / mean) : 1f)];
    }
}
