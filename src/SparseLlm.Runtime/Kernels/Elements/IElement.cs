using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels.Elements;

/// <summary>A type that weights are stored in.</summary>
internal unsafe interface IElement
{
    /// <summary>Bytes of a weight.</summary>
    static abstract int Bytes { get; }

    /// <summary>What <see cref="Expand"/> needs to know where values go.</summary>
    static abstract byte* Patterns<TVector, TLanes>()
        where TVector : struct
        where TLanes : struct, ILanes<TVector>;

    /// <summary>A vector of weights that are side by side.</summary>
    static abstract TVector Load<TVector, TLanes>(byte* source)
        where TVector : struct
        where TLanes : struct, ILanes<TVector>;

    /// <summary>A vector of weights of which only those are stored that a mask marks; see
    /// <see cref="ILanes{TVector}.Expand"/>.</summary>
    static abstract TVector Expand<TVector, TLanes>(byte* source, byte* mask, ulong bits, int index, byte* patterns)
        where TVector : struct
        where TLanes : struct, ILanes<TVector>;
}
