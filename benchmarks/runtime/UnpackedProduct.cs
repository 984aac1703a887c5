using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Benchmarks.Runtime;

/// <summary>A product with a matrix that is unpacked already: the arithmetic of a product with many vectors, and
/// nothing else.</summary>
internal sealed class UnpackedProduct : IDisposable
{
    private readonly CpuBackend backend;
    private readonly Matrix<float> matrix;
    private readonly Matrix<float> vectors;
    private readonly Matrix<float> results;

    public UnpackedProduct(CpuBackend backend, int rows, int columns, float[] vectors)
    {
        this.backend = backend;
        matrix = backend.AllocateUninitialized<float>(rows, columns);
        this.vectors = backend.AllocateUninitialized<float>(vectors.Length / columns, columns);
        results = backend.AllocateUninitialized<float>(vectors.Length / columns, rows);
        backend.Upload<float>([.. Enumerable.Range(0, rows * columns).Select(i => i % 13 - 6f)], matrix);
        backend.Upload<float>(vectors, this.vectors);
    }

    public void Run() => backend.Multiply(vectors, false, matrix, true, results);

    public void Dispose()
    {
        matrix.Dispose();
        vectors.Dispose();
        results.Dispose();
    }
}
