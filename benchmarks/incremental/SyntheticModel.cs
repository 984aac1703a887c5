using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SparseLlm.Benchmarks.Incremental;

/// <summary>A LLaMA model of any size in F16, with the tokenizer of the sample and weights that mean nothing.</summary>
internal sealed record SyntheticModel(int Layers, int Hidden, int FeedForward)
{
    private const int Vocabulary = 2048;
    private const int HeadWidth = 32;
    private const int BlockBytes = 1 << 22;

    /// <summary>As many layers of these widths as make a model of about this size.</summary>
    public static SyntheticModel OfSize(double gigabytes, int hidden, int feedForward) =>
        new(Math.Max(1, (int)Math.Round(gigabytes * 1e9 / (2.0 * (4 * hidden + 3 * feedForward) * hidden))), hidden, feedForward);

    /// <summary>Writes the model.</summary>
    /// <param name="workspace">Where the sample is.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="isSparse">Zeros that take no space on the disk, instead of weights.</param>
    /// <returns>The bytes of its weights.</returns>
    public long Write(Workspace workspace, string directory, bool isSparse)
    {
        Directory.CreateDirectory(directory);
        File.Copy(Path.Combine(workspace.Repository, "samples", "models", "tiny-llama", "tokenizer.json"), Path.Combine(directory, "tokenizer.json"));
        File.WriteAllText(Path.Combine(directory, "config.json"), JsonSerializer.Serialize(new
        {
            architectures = (string[])["LlamaForCausalLM"],
            model_type = "llama",
            hidden_act = "silu",
            hidden_size = Hidden,
            intermediate_size = FeedForward,
            max_position_embeddings = 256,
            num_attention_heads = Hidden / HeadWidth,
            num_hidden_layers = Layers,
            rms_norm_eps = 1e-5,
            torch_dtype = "float16",
            vocab_size = Vocabulary,
        }));

        var header = new Dictionary<string, object>();
        long length = 0;
        foreach ((string name, int[] shape) in Tensors())
        {
            long end = length + 2 * shape.Aggregate(1L, (product, count) => product * count);
            header.Add(name, new { dtype = "F16", shape, data_offsets = (long[])[length, end] });
            length = end;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        string path = Path.Combine(directory, "model.safetensors");
        using (FileStream file = File.Create(path))
        {
            Span<byte> prefix = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
            file.Write(prefix);
            file.Write(json);
            if (isSparse)
            {
                file.SetLength(file.Position + length);
            }
            else
            {
                Fill(file, length);
            }
        }

        // Digests of files that were written just now are not remembered: they could change without a change of their times.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        return length;
    }

    private static void Fill(FileStream file, long length)
    {
        var random = new Random(1);
        var block = new Half[BlockBytes / 2 - 1];
        for (int index = 0; index < block.Length; index++)
        {
            block[index] = (Half)((random.NextDouble() - 0.5) / 8);
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(block.AsSpan());
        for (long left = length; left > 0; left -= Math.Min(left, bytes.Length))
        {
            file.Write(bytes[..(int)Math.Min(left, bytes.Length)]);
        }
    }

    private IEnumerable<(string Name, int[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            yield return (prefix + "input_layernorm.weight", [Hidden]);
            foreach (string name in (string[])["q_proj", "k_proj", "v_proj", "o_proj"])
            {
                yield return ($"{prefix}self_attn.{name}.weight", [Hidden, Hidden]);
            }

            yield return (prefix + "post_attention_layernorm.weight", [Hidden]);
            yield return (prefix + "mlp.gate_proj.weight", [FeedForward, Hidden]);
            yield return (prefix + "mlp.up_proj.weight", [FeedForward, Hidden]);
            yield return (prefix + "mlp.down_proj.weight", [Hidden, FeedForward]);
        }

        yield return ("model.norm.weight", [Hidden]);
        yield return ("lm_head.weight", [Vocabulary, Hidden]);
    }
}
