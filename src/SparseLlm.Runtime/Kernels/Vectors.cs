namespace SparseLlm.Runtime.Kernels;

/// <summary>Vectors of floats, one for each of a few tokens.</summary>
/// <param name="data">The first one.</param>
/// <param name="stride">Floats from the beginning of one to that of the next.</param>
/// <param name="count">How many there are.</param>
/// <param name="padded">Floats of each, before it has the same rounded; 0 where it has not.</param>
internal readonly unsafe struct Vectors(float* data, nint stride, int count, nint padded = 0)
{
    /// <summary>The first one.</summary>
    public float* Data { get; } = data;

    /// <summary>Floats from the beginning of one to that of the next.</summary>
    public nint Stride { get; } = stride;

    /// <summary>How many there are.</summary>
    public int Count { get; } = count;

    /// <summary>One of them, rounded to blocks of whole numbers.</summary>
    public RoundedVector Rounded(int vector) => new(Data + vector * Stride + padded, padded);

    /// <summary>Some of them.</summary>
    public Vectors Part(int first, int count) => new(Data + first * Stride, Stride, count, padded);

    /// <summary>What results have behind their first numbers.</summary>
    public Vectors Behind(long numbers) => new(Data + numbers, Stride, Count);
}
