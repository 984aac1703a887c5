using System.Runtime.InteropServices;

namespace SparseLlm.Runtime.Kernels;

/// <summary>
/// Vectors as products read them: each begins at a cache line, since a load across two takes twice as long, and ends
/// with zeros. They are at different distances from a page's beginning, so that they do not push each other out of the
/// cache.
/// </summary>
internal sealed unsafe class PaddedVectors : IDisposable
{
    /// <summary>Floats in the largest block of a row.</summary>
    public const int Multiple = 64;

    private const int CacheLine = 64;

    private float* memory;
    private nint capacity;

    /// <summary>Copies of vectors, until the next call.</summary>
    /// <param name="vectors">One behind the other.</param>
    /// <param name="columns">Floats of each.</param>
    public Vectors Copy(ReadOnlySpan<float> vectors, int columns)
    {
        int count = vectors.Length / columns;
        nint padded = (columns + Multiple - 1) / Multiple * Multiple;
        nint stride = padded + CacheLine / sizeof(float);
        Grow(count * stride);
        for (int i = 0; i < count; i++)
        {
            float* copy = memory + i * stride;
            vectors.Slice(i * columns, columns).CopyTo(new Span<float>(copy, columns));
            new Span<float>(copy + columns, (int)padded - columns).Clear();
        }

        return new Vectors(memory, stride, count);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        capacity = 0;
    }

    private void Grow(nint floats)
    {
        if (floats > capacity)
        {
            Dispose();
            memory = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), CacheLine);
            capacity = floats;
        }
    }
}
