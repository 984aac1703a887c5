namespace SparseLlm.Runtime.Kernels.Lanes;

/// <summary>What products need of a vector of floats, in one set of instructions.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector: 4, 8 or 16.</summary>
    static abstract int Count { get; }

    /// <summary>By mask, how 16-bit values are shuffled into the upper halves of their lanes; null where that takes no
    /// table.</summary>
    static abstract byte* UpperPatterns { get; }

    /// <summary>By mask, how floats are shuffled into their lanes; null where that takes no table.</summary>
    static abstract byte* WholePatterns { get; }

    /// <summary>Floats.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes floats.</summary>
    static abstract void Store(TVector values, float* target);

    /// <summary>16-bit values in the upper halves of their lanes, and zeros below them.</summary>
    static abstract TVector LoadUpper(ushort* source);

    /// <summary>Floats in the lanes that the mask marks, in their order; +0 in the others. Reads a vector's bytes,
    /// whatever the mask marks.</summary>
    /// <param name="source">The values.</param>
    /// <param name="mask">The first byte of the mask of a block of four vectors.</param>
    /// <param name="bits">The same, as <see cref="LoadMask"/> reads it.</param>
    /// <param name="index">Which of the four vectors, from 0.</param>
    /// <param name="patterns"><see cref="WholePatterns"/>.</param>
    static abstract TVector Expand(float* source, byte* mask, ulong bits, int index, byte* patterns);

    /// <summary>16-bit values in the upper halves of the lanes that the mask marks, in their order; zeros elsewhere.
    /// Reads up to 32 bytes, whatever the mask marks.</summary>
    /// <param name="source">The values.</param>
    /// <param name="mask">The first byte of the mask of a block of four vectors.</param>
    /// <param name="bits">The same, as <see cref="LoadMask"/> reads it.</param>
    /// <param name="index">Which of the four vectors, from 0.</param>
    /// <param name="patterns"><see cref="UpperPatterns"/>.</param>
    static abstract TVector ExpandUpper(ushort* source, byte* mask, ulong bits, int index, byte* patterns);

    /// <summary>The mask of a block of four vectors.</summary>
    static abstract ulong LoadMask(byte* mask);

    /// <summary>How many bits are set.</summary>
    static abstract nuint PopCount(ulong bits);

    /// <summary>Halves in the upper parts of their lanes as floats: exact, denormal ones too. What is not finite
    /// becomes infinite.</summary>
    static abstract TVector HalfToSingle(TVector halves);

    /// <summary>weights * values + sum.</summary>
    static abstract TVector MultiplyAdd(TVector weights, TVector values, TVector sum);

    /// <summary>The sum of four vectors' lanes, always in the same order.</summary>
    static abstract float Sum(TVector a, TVector b, TVector c, TVector d);
}
