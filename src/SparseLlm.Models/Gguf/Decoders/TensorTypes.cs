using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>
/// In which type each tensor is written. As llama.cpp has it, what is small and delicate stays in single precision:
/// vectors, norms, routers, position tables. What the logits come from keeps 8 bits where matrices have 4, and tables
/// that are codes already keep the bits that they have.
/// </summary>
/// <param name="wanted">The type of matrices.</param>
/// <param name="isTied">Whether the token table is the output table.</param>
/// <param name="tableBits">Bits of the codes that the tables of tokens consist of already; null where they do
/// not.</param>
internal sealed class TensorTypes(GgufElementType wanted, bool isTied, int? tableBits)
{
    private const string Tokens = "token_embd.weight";
    private const string Output = "output.weight";

    /// <summary>Whether a tensor is a table of tokens.</summary>
    public static bool IsTable(string name) => name is Tokens or Output;

    /// <summary>The type of a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="dimensions">Its dimensions, the fastest first.</param>
    public GgufElementType Of(string name, IReadOnlyList<long> dimensions)
    {
        if (dimensions.Count == 1 || IsDelicate(name))
        {
            return GgufElementType.F32;
        }

        GgufElementType type = wanted == GgufElementType.Q4_0 && HasEightBits(name) ? GgufElementType.Q8_0 : wanted;
        return dimensions[0] % type.BlockLength() == 0 ? type : GgufElementType.F16;
    }

    private static bool IsDelicate(string name) =>
        !name.EndsWith(".weight", StringComparison.Ordinal)
        || name.EndsWith("_norm.weight", StringComparison.Ordinal)
        || name.EndsWith(".ffn_gate_inp.weight", StringComparison.Ordinal)
        || name == "position_embd.weight";

    private bool HasEightBits(string name) => tableBits is { } bits && IsTable(name) ? bits == 8 : IsOutput(name);

    private bool IsOutput(string name) => name == Output || (isTied && name == Tokens);
}
