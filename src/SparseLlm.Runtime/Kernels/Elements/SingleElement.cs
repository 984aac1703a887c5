using System.Runtime.CompilerServices;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Elements;

/// <summary>F32.</summary>
internal readonly unsafe struct SingleElement : IElement
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Patterns<TVector, TLanes>()
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.WholePatterns;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TVector, TLanes>(byte* source)
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Expand<TVector, TLanes>(byte* source, byte* mask, ulong bits, int index, byte* patterns)
        where TVector : struct
        where TLanes : struct, ILanes<TVector> => TLanes.Expand((float*)source, mask, bits, index, patterns);
}
