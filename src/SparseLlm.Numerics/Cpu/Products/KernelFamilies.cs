using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Numerics.Cpu.Threading;

namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>Which kernels this machine runs, and which it runs best.</summary>
internal static class KernelFamilies
{
    /// <summary>
    /// The fastest. Vector512 is not a fallback for machines without AVX-512: taken apart into halves, it is several
    /// times slower than a kernel written for 256 bits.
    /// </summary>
    public static KernelFamily Best => Supported[^1];

    /// <summary>All that run here, the fastest last.</summary>
    public static IReadOnlyList<KernelFamily> Supported =>
    [
        KernelFamily.Portable,
        .. Avx2.IsSupported && Fma.IsSupported ? [KernelFamily.Avx2] : ReadOnlySpan<KernelFamily>.Empty,
        .. Avx512F.IsSupported && Vector512.IsHardwareAccelerated
            ? [KernelFamily.Avx512]
            : ReadOnlySpan<KernelFamily>.Empty,
    ];

    /// <summary>Whether products are fused, which decides their bits: families that fuse all return the same.</summary>
    public static bool IsFused => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>The product on a family's kernels.</summary>
    public static MatrixProduct<T> Create<T>(KernelFamily family, WorkerTeam team, BufferPool pool)
        where T : unmanaged, INumber<T> => family switch
        {
            KernelFamily.Avx512 => new BlockedProduct<T, Avx512Kernel<T>>(team, pool),
            KernelFamily.Avx2 => new BlockedProduct<T, Avx2Kernel<T>>(team, pool),
            _ => new BlockedProduct<T, PortableKernel<T>>(team, pool),
        };
}
