using System.Runtime.InteropServices;
using SparseLlm.Diagnostics;
using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime;
using SparseLlm.Runtime.Decoding;

namespace SparseLlm.Fuzz.Targets;

/// <summary>
/// A packed model that is run: what its file holds behind the header. It is refused, or the next token has the scores
/// that come of unpacking the same file: kernels go through packed rows by pointers, which nothing but the checks
/// before keeps within them.
/// </summary>
internal sealed class RunTarget : FuzzTarget
{
    private const string Weights = "model.safetensors";
    private const int Hidden = 16;
    private const int Vocabulary = 20;
    private const string Config = """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "num_key_value_heads": 1,
         "num_hidden_layers": 1, "max_position_embeddings": 16, "tie_word_embeddings": false}
        """;

    private static readonly int[] Prompt = [1, 7, 3];

    private readonly Lazy<(byte[] Weights, byte[] Encodings)> packed = new(Pack);

    public override string Name => "run";

    // Each goes through a model, twice.
    public override int Cost => 4;

    public override IReadOnlyList<Sample> Samples => [new(packed.Value.Weights[DataStart..])];

    private int DataStart => sizeof(ulong) + (int)BitConverter.ToUInt64(packed.Value.Weights);

    public override void Prepare(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), Config);
        File.WriteAllBytes(Path.Combine(folder, "sparsellm.json"), packed.Value.Encodings);
    }

    public override bool Read(byte[] input, string folder)
    {
        byte[] weights = [.. packed.Value.Weights];
        input.AsSpan(0, Math.Min(input.Length, weights.Length - DataStart)).CopyTo(weights.AsSpan(DataStart));
        Write(folder, Weights, weights);
        using LanguageModel model = LanguageModel.Open(folder, new LanguageModelOptions { Threads = 1 });
        using TokenSequence sequence = model.NewSequence();
        float[] logits = model.Read(sequence, Prompt);
        float[] expected = Unpacked(folder);
        double distance = Math.Sqrt(logits.Zip(expected, (logit, other) => Math.Pow((double)logit - other, 2)).Sum()
            / expected.Sum(logit => Math.Pow(logit, 2)));
        return distance is < 1e-3 or double.NaN ? true : throw new InvalidOperationException(
            FormattableString.Invariant($"scores are {distance} from those of the unpacked model"));
    }

    /// <summary>The scores as every other command comes to them.</summary>
    private static float[] Unpacked(string folder)
    {
        using var backend = new CpuBackend(1);
        try
        {
            using DecoderModel model = DecoderModel.Open(folder, backend);
            using DecoderLayer layer = model.LoadLayer(0);
            using LanguageModelHead head = model.LoadHead();
            using Matrix<float> hidden = layer.Forward(model.Embed(Prompt, Prompt.Length), Prompt.Length);
            using Matrix<float> logits = head.Logits(hidden);
            var all = new float[Prompt.Length * Vocabulary];
            backend.Download<float>(logits, all);
            return all[^Vocabulary..];
        }
        catch (DiagnosticException exception)
        {
            throw new InvalidOperationException(
                "a token was generated from what is refused when it is unpacked",
                exception);
        }
    }

    private static (byte[] Weights, byte[] Encodings) Pack()
    {
        var random = new Random(1);
        var tensors = new StoredTensors
        {
            ["model.embed_tokens.weight"] = Matrix(Vocabulary, Hidden, _ => true),
            ["model.layers.0.input_layernorm.weight"] = Vector(),
            ["model.layers.0.self_attn.q_proj.weight"] = Matrix(16, Hidden, IsAnywhere),
            ["model.layers.0.self_attn.k_proj.weight"] = Matrix(8, Hidden, Is2Of4),
            ["model.layers.0.self_attn.v_proj.weight"] = Matrix(8, Hidden, IsAnywhere),
            ["model.layers.0.self_attn.o_proj.weight"] = Matrix(Hidden, 16, Is2Of4),
            ["model.layers.0.post_attention_layernorm.weight"] = Vector(),
            ["model.layers.0.mlp.gate_proj.weight"] = Matrix(24, Hidden, IsAnywhere),
            ["model.layers.0.mlp.up_proj.weight"] = Matrix(24, Hidden, Is2Of4),
            ["model.layers.0.mlp.down_proj.weight"] = Matrix(Hidden, 24, IsAnywhere),
            ["model.norm.weight"] = Vector(),
            ["lm_head.weight"] = Matrix(Vocabulary, Hidden, IsAnywhere),
        };
        using var directory = new TempDirectory();
        tensors.Write(directory[Weights]);
        using Checkpoint checkpoint = Checkpoint.Open(directory.Path);
        new PackedCheckpointWriter(checkpoint, directory["packed"], _ => { }, default).Write();
        return (File.ReadAllBytes(directory[Path.Combine("packed", Weights)]), File.ReadAllBytes(
            directory[Path.Combine("packed", "sparsellm.json")]));

        bool IsAnywhere(int place) => random.Next(10) < 3;
        bool Is2Of4(int place) => place % 4 is 0 or 3;
        (string, long[], byte[]) Vector() => ("BF16", [Hidden], Bytes([.. Enumerable.Repeat(1f, Hidden)]));
        (string, long[], byte[]) Matrix(int rows, int columns, Func<int, bool> isKept) =>
            ("BF16", [rows, columns], Bytes(
                [.. Enumerable.Range(0, rows * columns)
                    .Select(place => isKept(place) ? random.NextSingle() + 0.1f : 0)]));
    }

    private static byte[] Bytes(float[] values) =>
        MemoryMarshal.AsBytes<ushort>(
            values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray()).ToArray();
}
