using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Elements;

/// <summary>BF16, the upper half of a float.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Patterns<TVector, TLanes>()
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.UpperPatterns;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector, TLanes>(byte* source)
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.LoadUpper((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Expand<TVector, TLanes>(byte* source, byte* mask, ulong bits, int index, byte* patterns)
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.ExpandUpper((ushort*)source, mask, bits, index, patterns);
}
