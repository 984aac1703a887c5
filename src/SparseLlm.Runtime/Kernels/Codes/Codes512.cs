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
    public static Vector256<float> Dot(
        sbyte* codes, float* numbers, float* scales, nint blocks, Vector256<float> sum)
    {
        for (nint block = 0; block < blocks; block++)
        {
            Ahead.Fetch((byte*)codes, CodeRows.Block);
            sum = Add(Vector128.Load(codes), Vector128.Load(codes + 16), numbers, scales + block, sum);
            codes += CodeRows.Block;
            numbers += CodeRows.Block;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> DotPlaced(
        sbyte* values, byte* mask, float* numbers, float* scales, nint blocks, Vector256<float> sum)
    {
        Vector512<byte> owners = Owners;
        Vector512<byte> places = Places;
        for (nint block = 0; block < blocks; block += 2)
        {
            Ahead.Fetch((byte*)values, 2 * CodeRows.Block);
            Vector512<sbyte> codes = PlaceAll(ref values, mask, owners, places);
            Vector256<sbyte> lower = codes.GetLower();
            Vector256<sbyte> upper = codes.GetUpper();
            sum = Add(lower.GetLower(), lower.GetUpper(), numbers, scales + block, sum);
            numbers += CodeRows.Block;
            sum = Add(upper.GetLower(), upper.GetUpper(), numbers, scales + block + 1, sum);
            numbers += CodeRows.Block;
            mask += 2 * CodeRows.Block / 8;
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

    /// <summary>sum + scale Σ code · number over a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Add(
        Vector128<sbyte> first, Vector128<sbyte> second, float* numbers, float* scale, Vector256<float> sum)
    {
        Vector512<float> products = Avx512F.FusedMultiplyAdd(
            Single(second),
            Vector512.Load(numbers + 16),
            Single(first) * Vector512.Load(numbers));
        return Fma.MultiplyAdd(
            products.GetLower() + products.GetUpper(),
            Avx.BroadcastScalarToVector256(scale),
            sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Single(Vector128<sbyte> codes)
        => Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(codes));
}
