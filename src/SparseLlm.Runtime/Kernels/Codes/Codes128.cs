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

    public static Vector256<float> Dot(
        sbyte* codes, float* numbers, float* scales, nint blocks, Vector256<float> sum)
    {
        for (nint block = 0; block < blocks; block++)
        {
            Vector256<float> products = Vector256<float>.Zero;
            for (int i = 0; i < CodeRows.Block; i += Vector256<float>.Count)
            {
                Vector128<short> wide = Vector128.WidenLower(
                    Vector128.CreateScalarUnsafe(*(ulong*)(codes + i)).AsSByte());
                products += Vector256.ConvertToSingle(
                    Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)))
                    * Vector256.Load(numbers + i);
            }

            sum += products * Vector256.Create(scales[block]);
            codes += CodeRows.Block;
            numbers += CodeRows.Block;
        }

        return sum;
    }

    public static Vector256<float> DotPlaced(
        sbyte* values, byte* mask, float* numbers, float* scales, nint blocks, Vector256<float> sum)
    {
        sbyte* codes = stackalloc sbyte[CodeRows.Block];
        for (nint block = 0; block < blocks; block++)
        {
            Place(values, mask, CodeRows.Block, codes);
            sum = Dot(codes, numbers, scales + block, 1, sum);
            values += BitOperations.PopCount(*(uint*)mask);
            mask += CodeRows.Block / 8;
            numbers += CodeRows.Block;
        }

        return sum;
    }
}
