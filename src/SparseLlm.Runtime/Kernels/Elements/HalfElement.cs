using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Elements;

/// <summary>F16.</summary>
internal readonly unsafe struct HalfElement : IElement
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Patterns<TVector, TLanes>()
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.UpperPatterns;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector, TLanes>(byte* source)
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.HalfToSingle(TLanes.LoadUpper((ushort*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Expand<TVector, TLanes>(byte* source, byte* mask, ulong bits, int index, byte* patterns)
        where TVector : struct
        where TLanes : struct, ILanes<TVector>
            => TLanes.HalfToSingle(TLanes.ExpandUpper((ushort*)source, mask, bits, index, patterns));
}
