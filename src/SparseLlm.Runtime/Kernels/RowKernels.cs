using System.Runtime.Intrinsics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics.Cpu.Memory;
using SparseLlm.Runtime.Kernels.Blocks;
using SparseLlm.Runtime.Kernels.Elements;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels;

/// <summary>What is done with the rows of a matrix, for its layout, its type and a set of instructions.</summary>
/// <param name="multiply">See <see cref="RowProduct{TVector, TLanes, TBlocks}"/>.</param>
/// <param name="expand">See <see cref="RowExpansion{TVector, TLanes, TBlocks}"/>.</param>
internal readonly unsafe struct RowKernels(
    delegate*<in StoredRows, long, long, Vectors, Vectors, void> multiply,
    delegate*<in StoredRows, long, int, View<float>, void> expand)
{
    /// <summary>Multiplies rows by vectors.</summary>
    public readonly delegate*<in StoredRows, long, long, Vectors, Vectors, void> Multiply = multiply;

    /// <summary>Writes rows as floats.</summary>
    public readonly delegate*<in StoredRows, long, int, View<float>, void> Expand = expand;

    /// <summary>Chooses them, once for a matrix.</summary>
    public static RowKernels For(in StoredRows rows, ElementType type, InstructionSet instructions) => type switch
    {
        ElementType.F32 => For<SingleElement>(rows, instructions),
        ElementType.F16 => For<HalfElement>(rows, instructions),
        ElementType.BF16 => For<BFloat16Element>(rows, instructions),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Weights are F32, F16 or BF16."),
    };

    private static RowKernels For<TElement>(in StoredRows rows, InstructionSet instructions)
        where TElement : struct, IElement => instructions switch
        {
            InstructionSet.Avx512 => For<Vector512<float>, Lanes512, TElement>(rows),
            InstructionSet.Avx2 => For<Vector256<float>, Lanes256, TElement>(rows),
            _ => For<Vector128<float>, Lanes128, TElement>(rows),
        };

    private static RowKernels For<TVector, TLanes, TElement>(in StoredRows rows)
        where TVector : struct
        where TLanes : struct, ILanes<TVector>
        where TElement : struct, IElement =>
        rows.Mask is null ? Of<TVector, TLanes, DenseBlocks<TVector, TLanes, TElement>>()
        : rows.GroupSize > 0 && TLanes.Count % rows.GroupSize == 0
            ? Of<TVector, TLanes, GroupBlocks<TVector, TLanes, TElement>>()
            : Of<TVector, TLanes, MaskedBlocks<TVector, TLanes, TElement>>();

    private static RowKernels Of<TVector, TLanes, TBlocks>()
        where TVector : struct
        where TLanes : struct, ILanes<TVector>
        where TBlocks : struct, IBlocks<TBlocks, TVector> =>
        new(&RowProduct<TVector, TLanes, TBlocks>.Multiply, &RowExpansion<TVector, TLanes, TBlocks>.Expand);
}
