using System.Runtime.InteropServices;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Runtime.Tests;

/// <summary>Weights, and which of them are kept.</summary>
internal static class RandomWeights
{
    /// <summary>Small ones, whose products and sums are exact in any order.</summary>
    public static double[,] Integers(Random random, int rows, int columns)
        => Fill(rows, columns, () => random.Next(-9, 10));

    /// <summary>Whatever comes next.</summary>
    public static double[,] Fill(int rows, int columns, Func<double> next)
    {
        double[,] weights = new double[rows, columns];
        foreach (ref double weight in MemoryMarshal.CreateSpan(ref weights[0, 0], weights.Length))
        {
            weight = next();
        }

        return weights;
    }

    /// <summary>About so many of them, by row.</summary>
    public static bool[,] Kept(Random random, int rows, int columns, double density, Func<int, double>? factor = null)
    {
        bool[,] kept = new bool[rows, columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                kept[row, column] = random.NextDouble() < density * (factor?.Invoke(row) ?? 1);
            }
        }

        return kept;
    }

    /// <summary>What a type has of a weight.</summary>
    public static double Rounded(double weight, ElementType type) => type switch
    {
        ElementType.F32 => (float)weight,
        ElementType.F16 => (double)(Half)weight,
        _ => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)weight) & 0xFFFF0000),
    };
}
