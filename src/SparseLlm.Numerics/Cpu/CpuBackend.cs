using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Products;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu;

/// <summary>
/// The embedded backend: SIMD on all cores, no native dependency. Each part of the contract is one file of this class,
/// which checks shapes; the work is done by the kernels in the folders beside it.
/// </summary>
public sealed partial class CpuBackend : IBackend
{
    private const nint PooledBytes = (nint)1 << 27;

    private readonly WorkerTeam team;
    private readonly BufferPool pool = new(PooledBytes);
    private readonly KernelFamily family;
    private readonly MatrixProduct<float> products;
    private readonly MatrixProduct<double> doubleProducts;

    /// <summary>A backend with its own threads; dispose it to end them.</summary>
    /// <param name="threads">Number of threads, at least 1; by default, one per processor. Results do not depend on
    /// it.</param>
    public CpuBackend(int? threads = null)
        : this(threads ?? Environment.ProcessorCount, KernelFamilies.Best)
    {
    }

    internal CpuBackend(int threads, KernelFamily family)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.family = family;
        team = new WorkerTeam(threads);
        products = KernelFamilies.Create<float>(family, team, pool);
        doubleProducts = KernelFamilies.Create<double>(family, team, pool);
    }

    /// <summary>The threads. Whoever shares work among them, too, has none of its own that would keep processors from
    /// these.</summary>
    internal WorkerTeam Team => team;

    /// <summary>Its memory.</summary>
    internal BufferPool Pool => pool;

    /// <summary>Products in single precision.</summary>
    internal MatrixProduct<float> Products => products;

    /// <summary>The memory of a matrix that it made.</summary>
    internal static View<float> ViewOf(Matrix<float> matrix) => Open(matrix);

    /// <inheritdoc/>
    public string NumericsClass => KernelFamilies.IsFused ? "cpu-fma/1" : "cpu-portable/1";

    /// <inheritdoc/>
    public string Description => FormattableString.Invariant(
        $"CPU, {RuntimeInformation.ProcessArchitecture} {family}, {team.Threads} threads");

    /// <inheritdoc/>
    public void Dispose()
    {
        team.Dispose();
        pool.Dispose();
    }

    /// <summary>The memory of a matrix of any shape.</summary>
    private static View<T> Open<T>(Matrix<T> matrix, [CallerArgumentExpression(nameof(matrix))] string? name = null)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(matrix, name);
        return matrix is CpuMatrix<T> own
            ? own.Elements
            : throw new ArgumentException($"{name} was not made by a CPU backend.", name);
    }

    /// <summary>The memory of a matrix that must have a certain shape.</summary>
    private static View<T> Open<T>(
        Matrix<T> matrix, int rows, int columns, [CallerArgumentExpression(nameof(matrix))] string? name = null)
        where T : unmanaged
    {
        View<T> view = Open(matrix, name);
        Shapes.Require(matrix, rows, columns, name);
        return view;
    }

    /// <summary>
    /// Keeps matrices from being finalised while kernels work on their memory through pointers, which the collector
    /// does not see.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(params ReadOnlySpan<object?> matrices)
    {
    }
}
