using System.Runtime.InteropServices;

namespace SparseLlm.Benchmarks.Kernels;

/// <summary>The functions of OpenBLAS and its LAPACK that kernels are held against (Debian's libopenblas0-pthread).
/// Row-major.</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101;
    private const int NoTranspose = 111;
    private const int Transpose = 112;
    private const int Upper = 121;

    /// <summary>The kernels it has chosen: SkylakeX, Haswell ...</summary>
    public static string Core => Marshal.PtrToStringAnsi(CoreName())!;

    /// <summary>How many threads it uses from here on.</summary>
    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    public static partial void SetThreads(int count);

    /// <summary>c = a b', with a [m x k], b [n x k].</summary>
    public static void MultiplyTransposed(int m, int n, int k, float* a, float* b, float* c) =>
        Sgemm(RowMajor, NoTranspose, Transpose, m, n, k, 1, a, k, b, k, 0, c, n);

    /// <summary>c = a b, with a [m x k], b [k x n].</summary>
    public static void Multiply(int m, int n, int k, float* a, float* b, float* c) =>
        Sgemm(RowMajor, NoTranspose, NoTranspose, m, n, k, 1, a, k, b, n, 0, c, n);

    /// <summary>The upper triangle of h += x'x, with x [tokens x d].</summary>
    public static void AccumulateGram(int tokens, int d, float* x, float* h) =>
        Ssyrk(RowMajor, Upper, Transpose, d, tokens, 1, x, d, 1, h, d);

    /// <summary>The upper Cholesky factor of the inverse of h, in the three steps of the reference code, in
    /// place.</summary>
    public static void InverseFactor(int d, double* h)
    {
        // Column-major lower is row-major upper of a symmetric matrix.
        byte lower = (byte)'L';
        int info = 0;
        Dpotrf(&lower, &d, h, &d, &info);
        Dpotri(&lower, &d, h, &d, &info);
        Dpotrf(&lower, &d, h, &d, &info);
        if (info != 0)
        {
            throw new InvalidOperationException($"LAPACK could not factorise (info {info}).");
        }
    }

    [LibraryImport(Library, EntryPoint = "openblas_get_corename")]
    private static partial nint CoreName();

    [LibraryImport(Library, EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b,
        int ldb, float beta, float* c, int ldc);

    [LibraryImport(Library, EntryPoint = "cblas_ssyrk")]
    private static partial void Ssyrk(
        int order,
        int triangle,
        int transpose,
        int n,
        int k,
        float alpha,
        float* a,
        int lda,
        float beta,
        float* c,
        int ldc);

    [LibraryImport(Library, EntryPoint = "dpotrf_")]
    private static partial void Dpotrf(byte* triangle, int* n, double* a, int* lda, int* info);

    [LibraryImport(Library, EntryPoint = "dpotri_")]
    private static partial void Dpotri(byte* triangle, int* n, double* a, int* lda, int* info);
}
