using System.Runtime.Intrinsics;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>What products of codes need, in one set of instructions.</summary>
internal unsafe interface ICodeLanes
{
    /// <summary>Puts values where a mask has its bits, and zeros elsewhere.</summary>
    /// <param name="values">Codes of what the mask marks. Up to 64 bytes behind them are read.</param>
    /// <param name="mask">The mask. Up to 8 bytes behind it are read.</param>
    /// <param name="columns">Columns of the mask.</param>
    /// <param name="codes">Takes a code for each column, and anything behind them up to a multiple of 64.</param>
    static abstract void Place(sbyte* values, byte* mask, int columns, sbyte* codes);

    /// <summary>Takes codes of 4 bits apart.</summary>
    /// <param name="pairs">Two in each byte, the first one in the lower half. Up to 32 bytes behind them are read.</param>
    /// <param name="count">Bytes.</param>
    /// <param name="codes">Takes two codes for each byte, and anything behind them up to 64 more.</param>
    static abstract void Spread(byte* pairs, int count, sbyte* codes);

    /// <summary>Half-precision numbers as floats.</summary>
    /// <param name="halves">The numbers. Up to 16 bytes behind them are read.</param>
    /// <param name="count">How many.</param>
    /// <param name="floats">Takes them, and anything behind them up to 8 more.</param>
    static abstract void Widen(ushort* halves, int count, float* floats);

    /// <summary>sum + Σ scale Σ code · number over blocks of columns. What a block adds for a scale is a whole number
    /// before it is scaled.</summary>
    /// <param name="codes">Whole blocks.</param>
    /// <param name="numbers">Those of a <see cref="RoundedVector"/>.</param>
    /// <param name="scales">Those of each block.</param>
    /// <param name="blocks">How many.</param>
    /// <param name="sum">Eight sums, which are to be added up in the end.</param>
    static abstract Vector256<float> Dot<TScales>(
        sbyte* codes, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales;

    /// <summary>The same with codes that are placed on the way, as <see cref="Place"/> does, to the bit.</summary>
    static abstract Vector256<float> DotPlaced<TScales>(
        sbyte* values, byte* mask, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales;
}
