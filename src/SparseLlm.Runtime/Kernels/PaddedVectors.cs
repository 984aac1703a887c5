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
    private const int Line = CacheLine / sizeof(float);

    private float* memory;
    private nint capacity;

    /// <summary>Copies of vectors, until the next call.</summary>
    /// <param name="vectors">One behind the other.</param>
    /// <param name="matrix">What they will be multiplied by.</param>
    public Vectors Copy(ReadOnlySpan<float> vectors, WeightMatrix matrix)
    {
        int columns = matrix.Columns;
        int count = vectors.Length / columns;
        nint padded = RoundUp(columns, Multiple);
        nint rounded = matrix.HasCodes ? RoundedVector.Floats(padded) : 0;
        nint stride = RoundUp(padded + rounded, Line) + Line;
        Grow(count * stride);
        var copies = new Vectors(memory, stride, count, padded);
        for (int i = 0; i < count; i++)
        {
            float* copy = memory + i * stride;
            vectors.Slice(i * columns, columns).CopyTo(new Span<float>(copy, columns));
            new Span<float>(copy + columns, (int)padded - columns).Clear();
            if (matrix.HasCodes)
            {
                copies.Rounded(i).Round(copy);
            }
        }

        return copies;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        capacity = 0;
    }

    private static nint RoundUp(nint floats, int multiple) => (floats + multiple - 1) / multiple * multiple;

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
