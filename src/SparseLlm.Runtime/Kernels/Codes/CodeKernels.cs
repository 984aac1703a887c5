using SparseLlm.Numerics.Cpu.Memory;

namespace SparseLlm.Runtime.Kernels.Codes;

/// <summary>What is done with rows of codes, for a set of instructions.</summary>
/// <param name="multiply">See <see cref="CodeProduct{TLanes, TScales}"/>.</param>
/// <param name="expand">See <see cref="CodeExpansion{TLanes}"/>.</param>
internal readonly unsafe struct CodeKernels(
    delegate*<in CodeRows, long, long, Vectors, Vectors, void> multiply,
    delegate*<in CodeRows, long, int, View<float>, void> expand)
{
    /// <summary>Multiplies rows by vectors.</summary>
    public readonly delegate*<in CodeRows, long, long, Vectors, Vectors, void> Multiply = multiply;

    /// <summary>Writes rows as floats.</summary>
    public readonly delegate*<in CodeRows, long, int, View<float>, void> Expand = expand;

    /// <summary>Chooses them, once for a matrix.</summary>
    /// <param name="instructions">What they run on.</param>
    /// <param name="group">Columns that share a scale.</param>
    public static CodeKernels For(InstructionSet instructions, int group) => instructions switch
    {
        InstructionSet.Avx512 => For<Codes512>(group),
        InstructionSet.Avx2 => For<Codes256>(group),
        _ => For<Codes128>(group),
    };

    private static CodeKernels For<TLanes>(int group)
        where TLanes : struct, ICodeLanes =>
        new(
            group == CodeRows.Block / 2
                ? &CodeProduct<TLanes, TwoScales>.Multiply
                : &CodeProduct<TLanes, OneScale>.Multiply,
            &CodeExpansion<TLanes>.Expand);
}
