using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Runtime.Kernels.Blocks;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Codes with AVX2 and FMA.</summary>
internal readonly unsafe struct Codes256 : ICodeLanes
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Place(sbyte* values, byte* mask, int columns, sbyte* codes)
    {
        byte* lower = ExpansionPatterns.LowerHalfByByte;
        byte* upper = ExpansionPatterns.UpperHalfByByte;
        for (nint column = 0; column < columns; column += 16, mask += 2)
        {
            PlaceSixteen(ref values, mask[0], mask[1], *(ushort*)mask, lower, upper).Store(codes + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(byte* pairs, int count, sbyte* codes)
    {
        Vector256<byte> half = Vector256.Create((byte)0x0F);
        Vector128<sbyte> numbers = Vector128.Create(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, (sbyte)-1);
        Vector256<sbyte> signed = Vector256.Create(numbers, numbers);
        for (nint i = 0; i < count; i += 32)
        {
            Ahead.Fetch(pairs + i, 32);
            Vector256<byte> pair = Vector256.Load(pairs + i);
            Vector256<byte> second = Avx2.ShiftRightLogical(pair.AsUInt16(), 4).AsByte() & half;
            Vector256<sbyte> even = Avx2.Shuffle(signed, (pair & half).AsSByte());
            Vector256<sbyte> odd = Avx2.Shuffle(signed, second.AsSByte());

            // Both halves of a register are interleaved by themselves.
            Vector256<sbyte> outer = Avx2.UnpackLow(even, odd);
            Vector256<sbyte> inner = Avx2.UnpackHigh(even, odd);
            Avx2.Permute2x128(outer, inner, 0x20).Store(codes + 2 * i);
            Avx2.Permute2x128(outer, inner, 0x31).Store(codes + 2 * i + 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* halves, int count, float* floats)
    {
        for (int i = 0; i < count; i += Vector256<float>.Count)
        {
            Lanes256.HalfToSingle(Lanes256.LoadUpper(halves + i)).Store(floats + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> Dot<TScales>(
        sbyte* codes, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales
    {
        for (nint block = 0; block < blocks; block++)
        {
            Ahead.Fetch((byte*)codes, CodeRows.Block);
            Vector256<int> first = Products(Avx2.ConvertToVector256Int16(codes), numbers)
                + Products(Avx2.ConvertToVector256Int16(codes + 16), numbers + 16);
            Vector256<int> second = Products(Avx2.ConvertToVector256Int16(codes + 32), numbers + 32)
                + Products(Avx2.ConvertToVector256Int16(codes + 48), numbers + 48);
            sum = TScales.Add(first, second, scales, sum);
            codes += CodeRows.Block;
            numbers += CodeRows.Block;
            scales += TScales.Count;
        }

        return sum;
    }

    // Bytes of the mask are read by constant offsets, which takes fewer instructions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> DotPlaced<TScales>(
        sbyte* values, byte* mask, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales
    {
        byte* lower = ExpansionPatterns.LowerHalfByByte;
        byte* upper = ExpansionPatterns.UpperHalfByByte;
        for (byte* end = mask + blocks * (CodeRows.Block / 8); mask < end; mask += CodeRows.Block / 8)
        {
            Ahead.Fetch((byte*)values, CodeRows.Block);
            Vector256<int> first = Products(
                PlaceSixteen(ref values, mask[0], mask[1], *(ushort*)mask, lower, upper), numbers);
            first += Products(
                PlaceSixteen(ref values, mask[2], mask[3], *(ushort*)(mask + 2), lower, upper), numbers + 16);
            Vector256<int> second = Products(
                PlaceSixteen(ref values, mask[4], mask[5], *(ushort*)(mask + 4), lower, upper), numbers + 32);
            second += Products(
                PlaceSixteen(ref values, mask[6], mask[7], *(ushort*)(mask + 6), lower, upper), numbers + 48);
            sum = TScales.Add(first, second, scales, sum);
            numbers += CodeRows.Block;
            scales += TScales.Count;
        }

        return sum;
    }

    // Eight columns at a time find their pattern in a table, sixteen are placed by one shuffle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> PlaceSixteen(
        ref sbyte* values, nuint first, nuint second, uint both, byte* lower, byte* upper)
    {
        Vector128<sbyte> pattern = (Vector128.Load(lower + (first << 4)) + Vector128.Load(upper + (second << 4)))
            .AsSByte();
        Vector128<sbyte> placed = Ssse3.Shuffle(Vector128.Load(values), pattern);
        values += Popcnt.PopCount(both);
        return placed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector128<sbyte> codes, short* numbers)
        => Products(Avx2.ConvertToVector256Int16(codes), numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector256<short> codes, short* numbers)
        => Avx2.MultiplyAddAdjacent(codes, Vector256.Load(numbers));
}
