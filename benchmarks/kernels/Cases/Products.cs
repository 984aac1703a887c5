using SparseLlm.Numerics;

namespace SparseLlm.Benchmarks.Kernels.Cases;

/// <summary>Single-precision products beside OpenBLAS's sgemm.</summary>
internal static unsafe class Products
{
    private const double Goal = 0.95;
    private const double ThinGoal = 0.9;

    // Cubes; then the matrices of OPT-125M and OPT-1.3B over 2048 tokens; then few tokens.
    private static readonly (int M, int N, int K)[] Shapes =
    [
        (512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 4096),
        (2048, 768, 768), (2048, 3072, 768), (2048, 768, 3072), (2048, 8192, 2048), (2048, 2048, 8192),
        (1, 768, 768), (1, 2048, 2048), (1, 8192, 2048), (16, 768, 768), (16, 2048, 2048), (16, 8192, 2048),
    ];

    public static IEnumerable<Func<Operands, Comparison>> All()
        => Shapes.Select(shape => (Func<Operands, Comparison>)(operands => Of(operands, shape.M, shape.N, shape.K)));

    private static Comparison Of(Operands operands, int m, int n, int k)
    {
        Matrix<float> a = operands.Matrix(m, k);
        Matrix<float> b = operands.Matrix(n, k);
        Matrix<float> c = operands.Matrix(m, n);
        float* peerA = operands.Pointer((long)m * k);
        float* peerB = operands.Pointer((long)n * k);
        float* peerC = operands.Pointer((long)m * n);
        return new Comparison(
            $"product {m} x {n} x {k}",
            "sgemm",
            m <= 16 ? ThinGoal : Goal,
            Operands.Seconds(() => operands.Backend.Multiply(a, false, b, true, c)),
            Operands.Seconds(() => OpenBlas.MultiplyTransposed(m, n, k, peerA, peerB, peerC)),
            2.0 * m * n * k);
    }
}
