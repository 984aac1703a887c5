using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Fuzz.Targets;

/// <summary>A GGUF file, down to the values of its tensors.</summary>
internal sealed class GgufTarget : FuzzTarget
{
    public override string Name => "gguf";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        new(new GgufBytes()
            .Pair("general.architecture", 8, "llama")
            .Pair("general.alignment", 4, 32u)
            .Pair("tokenizer.ggml.tokens", 9, 8u, 2UL, "a", "b")
            .Pair("tokenizer.ggml.scores", 9, 6u, 2UL, 1f, 2f)
            .Tensor("blk.0.attn_q.weight", 8, [32, 1], new byte[34])
            .Tensor("output_norm.weight", 0, [2, 2], new byte[16]).Build()),
        new(new GgufBytes { Version = 2 }
            .Pair("split.count", 2, (ushort)1)
            .Pair("flag", 7, (byte)1)
            .Pair("flags", 9, 7u, 1UL, (byte)1)
            .Tensor("newer", 77, [4], new byte[8])
            .Tensor("token_embd.weight", 30, [2], new byte[4]).Build()),
    ];

    public override bool Read(byte[] input, string folder)
    {
        using GgufFile file = GgufFile.Open(Write(folder, "model.gguf", input));
        foreach (GgufStoredTensor tensor in file.Tensors.Where(tensor => tensor.Type.IsConvertible()))
        {
            file.Read(tensor, 0, new float[tensor.ElementCount]);
        }

        return true;
    }
}
