using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseLlm.Runtime.Kernels;

/// <summary>Which instructions this machine has.</summary>
public static class InstructionSets
{
    /// <summary>The fastest.</summary>
    public static InstructionSet Best => Supported[^1];

    /// <summary>All, the fastest last.</summary>
    public static IReadOnlyList<InstructionSet> Supported =>
    [
        InstructionSet.Portable,
        .. Avx2.IsSupported && Fma.IsSupported && Popcnt.X64.IsSupported
            ? [InstructionSet.Avx2]
            : ReadOnlySpan<InstructionSet>.Empty,
        .. Avx512Vbmi2.IsSupported && Vector512.IsHardwareAccelerated
            ? [InstructionSet.Avx512]
            : ReadOnlySpan<InstructionSet>.Empty,
    ];
}
