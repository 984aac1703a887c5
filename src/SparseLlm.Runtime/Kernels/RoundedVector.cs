using System.Runtime.Intrinsics;
using SparseLlm.Runtime.Kernels.Codes;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// A vector in whole numbers of 16 bits, and a step for each <see cref="CodeRows.Block"/> of them: a number is about its
/// whole one times its block's step. The largest one of a block becomes 32767, so none is off by more than a 65534th of
/// it. Products with codes are then whole numbers, which take a third less time than floats.
/// </summary>
/// <param name="memory">As many floats as <see cref="Floats"/> says.</param>
/// <param name="columns">Numbers, a multiple of <see cref="PaddedVectors.Multiple"/>.</param>
internal readonly unsafe struct RoundedVector(float* memory, nint columns)
{
    private const int Most = short.MaxValue;

    // Below, the factor to whole numbers would overflow. Such numbers do not count beside others, and become zero.
    private const float Least = 1e-30f;

    // Behind the last step, so that a vector of them can be read.
    private const int Behind = 16;

    /// <summary>The whole numbers.</summary>
    public short* Numbers => (short*)memory;

    /// <summary>The steps of the blocks.</summary>
    public float* Steps => memory + columns / 2;

    /// <summary>Floats that take as many bytes as a rounded vector.</summary>
    public static nint Floats(nint columns) => columns / 2 + columns / CodeRows.Block + Behind;

    /// <summary>Rounds numbers. A block with one that is not finite gets a step that is not.</summary>
    public void Round(float* numbers)
    {
        for (nint block = 0; block < columns / CodeRows.Block; block++)
        {
            Steps[block] = Round(numbers + block * CodeRows.Block, Numbers + block * CodeRows.Block);
        }
    }

    /// <summary>Rounds a block, and returns its step.</summary>
    private static float Round(float* numbers, short* rounded)
    {
        Vector256<float> largest = Vector256<float>.Zero;
        for (int i = 0; i < CodeRows.Block; i += Vector256<float>.Count)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(numbers + i)));
        }

        float most = 0;
        for (int i = 0; i < Vector256<float>.Count; i++)
        {
            most = Math.Max(most, largest[i]);
        }

        Vector256<float> factor = Vector256.Create(most > Least ? Most / most : 0);
        for (int i = 0; i < CodeRows.Block; i += Vector256<short>.Count)
        {
            Vector256.Narrow(Whole(numbers + i, factor), Whole(numbers + i + Vector256<float>.Count, factor))
                .Store(rounded + i);
        }

        return most / Most;
    }

    private static Vector256<int> Whole(float* numbers, Vector256<float> factor)
        => Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(numbers) * factor));
}
