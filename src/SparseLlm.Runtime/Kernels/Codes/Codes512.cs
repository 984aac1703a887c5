using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Runtime.Kernels.Blocks;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>Codes with AVX-512 and VBMI2: 64 columns are placed by one instruction.</summary>
internal readonly unsafe struct Codes512 : ICodeLanes
{
    // Each quarter of a register has all 64 bits of a mask; its bytes look at the sixteen that are theirs.
    private static Vector512<byte> Owners => Vector512.Create(
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
        4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, (byte)7);

    private static Vector512<byte> Places => Vector512.Create(0x8040_2010_0804_0201).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Place(sbyte* values, byte* mask, int columns, sbyte* codes)
    {
        Vector512<byte> owners = Owners;
        Vector512<byte> places = Places;
        for (nint column = 0; column < columns; column += 64)
        {
            PlaceAll(ref values, mask + column / 8, owners, places).Store(codes + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread(byte* pairs, int count, sbyte* codes)
    {
        Vector512<short> halves = Vector512.Create((short)0x0F0F);
        Vector512<sbyte> sign = Vector512.Create((sbyte)8);
        for (nint i = 0; i < count; i += 32)
        {
            Ahead.Fetch(pairs + i, 32);
            Vector512<short> pair = Avx512BW.ConvertToVector512Int16(Vector256.Load(pairs + i));
            Vector512<sbyte> nibbles = ((pair | Avx512BW.ShiftLeftLogical(pair, 4)) & halves).AsSByte();
            ((nibbles ^ sign) - sign).Store(codes + 2 * i);
        }
    }

    public static void Widen(ushort* halves, int count, float* floats) => Codes256.Widen(halves, count, floats);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> Dot<TScales>(
        sbyte* codes, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales
    {
        for (nint block = 0; block < blocks; block++)
        {
            Ahead.Fetch((byte*)codes, CodeRows.Block);
            Vector256<int> first = Products(Vector256.Load(codes), numbers);
            Vector256<int> second = Products(Vector256.Load(codes + 32), numbers + 32);
            sum = TScales.Add(first, second, scales, sum);
            codes += CodeRows.Block;
            numbers += CodeRows.Block;
            scales += TScales.Count;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> DotPlaced<TScales>(
        sbyte* values, byte* mask, short* numbers, float* scales, nint blocks, Vector256<float> sum)
        where TScales : struct, IBlockScales
    {
        Vector512<byte> owners = Owners;
        Vector512<byte> places = Places;
        for (nint block = 0; block < blocks; block++)
        {
            Ahead.Fetch((byte*)values, CodeRows.Block);
            Vector512<sbyte> codes = PlaceAll(ref values, mask, owners, places);
            Vector256<int> first = Products(codes.GetLower(), numbers);
            Vector256<int> second = Products(codes.GetUpper(), numbers + 32);
            sum = TScales.Add(first, second, scales, sum);
            mask += CodeRows.Block / 8;
            numbers += CodeRows.Block;
            scales += TScales.Count;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> PlaceAll(
        ref sbyte* values, byte* mask, Vector512<byte> owners, Vector512<byte> places)
    {
        ulong bits = *(ulong*)mask;
        Vector512<byte> marks = Avx512BW.Shuffle(Vector512.Create(bits).AsByte(), owners) & places;
        Vector512<byte> placed = Avx512Vbmi2.Expand(
            Vector512<byte>.Zero,
            ~Vector512.Equals(marks, Vector512<byte>.Zero),
            Vector512.Load((byte*)values));
        values += Popcnt.X64.PopCount(bits);
        return placed.AsSByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector256<sbyte> codes, short* numbers)
    {
        Vector512<int> products = Avx512BW.MultiplyAddAdjacent(
            Avx512BW.ConvertToVector512Int16(codes),
            Vector512.Load(numbers));
        return products.GetLower() + products.GetUpper();
    }
}
