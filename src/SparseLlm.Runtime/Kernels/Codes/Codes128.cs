using System.Numerics;
using System.Runtime.Intrinsics;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Codes on any machine.</summary>
internal readonly unsafe struct Codes128 : ICodeLanes
{
    public static void Place(sbyte* values, byte* mask, int columns, sbyte* codes)
    {
        for (int column = 0; column < columns; column += 8)
        {
            uint bits = mask[column / 8];
            *(ulong*)(codes + column) = 0;
            for (; bits != 0; bits &= bits - 1)
            {
                codes[column + BitOperations.TrailingZeroCount(bits)] = *values++;
            }
        }
    }

    public static void Spread(byte* pairs, int count, sbyte* codes)
    {
        for (int i = 0; i < count; i++)
        {
            codes[2 * i] = (sbyte)((sbyte)(pairs[i] << 4) >> 4);
            codes[2 * i + 1] = (sbyte)((sbyte)pairs[i] >> 4);
        }
    }

    public static void Widen(ushort* halves, int count, float* floats)
    {
        for (int i = 0; i < count; i += Vector128<float>.Count)
        {
            Lanes128.HalfToSingle(Lanes128.LoadUpper(halves + i)).Store(floats + i);
        }
    }

    public static Vector256<float> Dot<TScales>(
        sbyte* codes, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales
    {
        for (nint block = 0; block < blocks; block++)
        {
            sum = TScales.Add(
                Products(codes, numbers),
                Products(codes + CodeRows.Block / 2, numbers + CodeRows.Block / 2),
                scales,
                sum);
            codes += CodeRows.Block;
            numbers += CodeRows.Block;
            scales += TScales.Count;
        }

        return sum;
    }

    public static Vector256<float> DotPlaced<TScales>(
        sbyte* values, byte* mask, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales
    {
        sbyte* codes = stackalloc sbyte[CodeRows.Block];
        for (nint block = 0; block < blocks; block++)
        {
            Place(values, mask, CodeRows.Block, codes);
            sum = Dot<TScales>(codes, numbers, scales, 1, sum);
            values += BitOperations.PopCount(*(ulong*)mask);
            mask += CodeRows.Block / 8;
            numbers += CodeRows.Block;
            scales += TScales.Count;
        }

        return sum;
    }

    /// <summary>Σ code · number over half a block.</summary>
    private static Vector256<int> Products(sbyte* codes, short* numbers)
    {
        Vector128<int> lower = Vector128<int>.Zero;
        Vector128<int> upper = Vector128<int>.Zero;
        for (int i = 0; i < CodeRows.Block / 2; i += Vector128<short>.Count)
        {
            Vector128<short> code = Vector128.WidenLower(
                Vector128.CreateScalarUnsafe(*(ulong*)(codes + i)).AsSByte());
            Vector128<short> number = Vector128.Load(numbers + i);
            lower += Vector128.WidenLower(code) * Vector128.WidenLower(number);
            upper += Vector128.WidenUpper(code) * Vector128.WidenUpper(number);
        }

        return Vector256.Create(lower, upper);
    }
}
