using System.Runtime.InteropServices;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Benchmarks.Kernels;

/// <summary>Seeded matrices, in the backend's memory and, for the peer, as pointers.</summary>
internal sealed unsafe class Operands(CpuBackend backend) : IDisposable
{
    private const nuint Alignment = 64;

    // Short measurements are repeated until they take this long, so that starts and ends of threads do not count for
    // much.
    private const double ShortestSeconds = 0.02;

    private readonly List<IDisposable> matrices = [];
    private readonly List<nint> pointers = [];

    public CpuBackend Backend { get; } = backend;

    /// <summary>Uniform in -1 .. 1.</summary>
    public static float[] Random(long length)
    {
        var random = new Random(1);
        var values = new float[length];
        for (long i = 0; i < length; i++)
        {
            values[i] = 2 * random.NextSingle() - 1;
        }

        return values;
    }

    public Matrix<float> Matrix(int rows, int columns)
    {
        Matrix<float> matrix = Backend.AllocateUninitialized<float>(rows, columns);
        Backend.Upload<float>(Random(matrix.Length), matrix);
        matrices.Add(matrix);
        return matrix;
    }

    public Matrix<double> Zeros(int rows, int columns)
    {
        Matrix<double> matrix = Backend.Allocate<double>(rows, columns);
        matrices.Add(matrix);
        return matrix;
    }

    /// <summary>The Gram matrix of twice as many random tokens as inputs, damped.</summary>
    public Matrix<double> Gram(int d)
    {
        Matrix<double> gram = Zeros(d, d);
        using Matrix<float> tokens = Backend.AllocateUninitialized<float>(2 * d, d);
        Backend.Upload<float>(Random(tokens.Length), tokens);
        Backend.AccumulateGram(tokens, gram);
        Backend.MirrorUpper(gram);
        Backend.AddDiagonal(gram, 0.01 * 2 * d / 3);
        return gram;
    }

    public float* Pointer(long length)
    {
        float* values = (float*)Allocate(length * sizeof(float));
        Random(length).CopyTo(new Span<float>(values, checked((int)length)));
        return values;
    }

    public double* Pointer(Matrix<double> matrix)
    {
        double* values = (double*)Allocate(matrix.Length * sizeof(double));
        Backend.Download(matrix, new Span<double>(values, checked((int)matrix.Length)));
        return values;
    }

    /// <summary>Seconds of one run, of as many as last long enough to be measured.</summary>
    public static Func<double> Seconds(Action work)
    {
        int repetitions = 0;
        return () =>
        {
            if (repetitions == 0)
            {
                work();
                repetitions = (int)Math.Clamp(ShortestSeconds / Timing.Of(work), 1, 10_000);
            }

            return Timing.Of(() =>
            {
                for (int i = 0; i < repetitions; i++)
                {
                    work();
                }
            }) / repetitions;
        };
    }

    public void Dispose()
    {
        matrices.ForEach(matrix => matrix.Dispose());
        pointers.ForEach(pointer => NativeMemory.AlignedFree((void*)pointer));
    }

    private void* Allocate(long bytes)
    {
        void* pointer = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        pointers.Add((nint)pointer);
        return pointer;
    }
}
