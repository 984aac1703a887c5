using System.Runtime.Intrinsics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Runtime.Kernels.Blocks;
using SparseLlm.Runtime.Kernels.Elements;
using SparseLlm.Runtime.Kernels.Lanes;

namespace SparseLlm.Runtime.Kernels;

/// <summary>The kernel for a layout, a type and a set of instructions.</summary>
internal static unsafe class ProductKernel
{
    /// <summary>Chooses it, once for a matrix.</summary>
    public static delegate*<in StoredRows, long, long, Vectors, Vectors, void> For(in StoredRows rows, ElementType type, InstructionSet instructions) => type switch
    {
        ElementType.F32 => For<SingleElement>(rows, instructions),
        ElementType.F16 => For<HalfElement>(rows, instructions),
        ElementType.BF16 => For<BFloat16Element>(rows, instructions),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Weights are F32, F16 or BF16."),
    };

    private static delegate*<in StoredRows, long, long, Vectors, Vectors, void> For<TElement>(in StoredRows rows, InstructionSet instructions)
        where TElement : struct, IElement => instructions switch
        {
            InstructionSet.Avx512 => For<Vector512<float>, Lanes512, TElement>(rows),
            InstructionSet.Avx2 => For<Vector256<float>, Lanes256, TElement>(rows),
            _ => For<Vector128<float>, Lanes128, TElement>(rows),
        };

    private static delegate*<in StoredRows, long, long, Vectors, Vectors, void> For<TVector, TLanes, TElement>(in StoredRows rows)
        where TVector : struct
        where TLanes : struct, ILanes<TVector>
        where TElement : struct, IElement =>
        rows.Mask is null ? &RowProduct<TVector, TLanes, DenseBlocks<TVector, TLanes, TElement>>.Multiply
        : rows.GroupSize > 0 && rows.GroupSize <= TLanes.Count ? &RowProduct<TVector, TLanes, GroupBlocks<TVector, TLanes, TElement>>.Multiply
        : &RowProduct<TVector, TLanes, MaskedBlocks<TVector, TLanes, TElement>>.Multiply;
}
