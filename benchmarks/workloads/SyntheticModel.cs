using System.Runtime.InteropServices;
using System.Text.Json;

namespace SparseLlm.Benchmarks.Workloads;

/// <summary>A model of any size in F16, with the tokenizer of the samples and seeded weights that mean
/// nothing.</summary>
/// <param name="Family">What the layers are made of.</param>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="FeedForward">Width inside the feed-forward blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="MaximumLength">Longest sequence.</param>
public sealed record SyntheticModel(
    ModelFamily Family,
    int Layers,
    int Hidden,
    int FeedForward,
    int Heads,
    int MaximumLength = 256)
{
    private const int Vocabulary = 2048;
    private const int BlockLength = (1 << 21) - 1;

    /// <summary>The shape of OPT-125M (Zhang et al. 2022), with a small vocabulary.</summary>
    public static SyntheticModel Opt125M => new(ModelFamily.Opt, 12, 768, 3072, 12, 2048);

    /// <summary>The shape of OPT-1.3B (Zhang et al. 2022), with a small vocabulary.</summary>
    public static SyntheticModel Opt1300M => new(ModelFamily.Opt, 24, 2048, 8192, 32, 2048);

    /// <summary>The shape of LLaMA-160M (Miao et al. 2023), with a small vocabulary.</summary>
    public static SyntheticModel Llama160M => new(ModelFamily.Llama, 12, 768, 3072, 12, 2048);

    /// <summary>As many layers of these widths as make a LLaMA model of about this size.</summary>
    public static SyntheticModel OfSize(double gigabytes, int hidden, int feedForward) =>
        new(
            ModelFamily.Llama,
            Math.Max(1, (int)Math.Round(gigabytes * 1e9 / (2.0 * (4 * hidden + 3 * feedForward) * hidden))),
            hidden,
            feedForward,
            hidden / 32);

    /// <summary>Bytes of one decoder layer's matrices in single precision.</summary>
    public long LayerBytes
        => sizeof(float) * (4L * Hidden + (Family == ModelFamily.Opt ? 2L : 3L) * FeedForward) * Hidden;

    /// <summary>Writes the model.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="isSparse">Zeros that take no space on the disk, instead of weights.</param>
    /// <returns>The bytes of its weights.</returns>
    public long Write(string directory, bool isSparse = false)
    {
        Directory.CreateDirectory(directory);
        string sample = Family == ModelFamily.Opt ? "tiny-opt" : "tiny-llama";
        File.Copy(
            Path.Combine(Repository.Root, "samples", "models", sample, "tokenizer.json"),
            Path.Combine(directory, "tokenizer.json"),
            overwrite: true);
        File.WriteAllText(Path.Combine(directory, "config.json"), Config());

        (string Name, int[] Shape)[] tensors = [.. Tensors()];
        string path = Path.Combine(directory, "model.safetensors");
        long length;
        using (FileStream file = File.Create(path))
        {
            length = WriteHeader(file, tensors);
            if (isSparse)
            {
                file.SetLength(file.Position + length);
            }
            else
            {
                Fill(file, tensors);
            }
        }

        // Digests of files that were written just now are not remembered: they could change without a change of their
        // times.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        return length;
    }

    private string Config()
    {
        var config = new Dictionary<string, object>
        {
            ["hidden_size"] = Hidden,
            ["max_position_embeddings"] = MaximumLength,
            ["num_attention_heads"] = Heads,
            ["num_hidden_layers"] = Layers,
            ["torch_dtype"] = "float16",
            ["vocab_size"] = Vocabulary,
        };
        if (Family == ModelFamily.Opt)
        {
            config["architectures"] = (string[])["OPTForCausalLM"];
            config["model_type"] = "opt";
            config["activation_function"] = "relu";
            config["do_layer_norm_before"] = true;
            config["ffn_dim"] = FeedForward;
            config["word_embed_proj_dim"] = Hidden;
            config["tie_word_embeddings"] = true;
        }
        else
        {
            config["architectures"] = (string[])["LlamaForCausalLM"];
            config["model_type"] = "llama";
            config["hidden_act"] = "silu";
            config["intermediate_size"] = FeedForward;
            config["rms_norm_eps"] = 1e-5;
        }

        return JsonSerializer.Serialize(config);
    }

    private static long WriteHeader(FileStream file, IEnumerable<(string Name, int[] Shape)> tensors)
    {
        var header = new Dictionary<string, object>();
        long length = 0;
        foreach ((string name, int[] shape) in tensors)
        {
            long end = length + 2 * Length(shape);
            header.Add(name, new { dtype = "F16", shape, data_offsets = (long[])[length, end] });
            length = end;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        return length;
    }

    /// <summary>Matrices of small random weights, taken from one block that is longer than a row and so never aligned
    /// with it; gains of one, biases of zero.</summary>
    private static void Fill(FileStream file, IEnumerable<(string Name, int[] Shape)> tensors)
    {
        var random = new Random(1);
        var block = new Half[BlockLength];
        for (int index = 0; index < block.Length; index++)
        {
            block[index] = (Half)((random.NextDouble() - 0.5) / 8);
        }

        int start = 0;
        foreach ((string name, int[] shape) in tensors)
        {
            if (shape.Length == 1)
            {
                var values = new Half[shape[0]];
                Array.Fill(values, name.EndsWith("bias", StringComparison.Ordinal) ? Half.Zero : Half.One);
                file.Write(MemoryMarshal.AsBytes(values.AsSpan()));
                continue;
            }

            for (long left = Length(shape); left > 0;)
            {
                int count = (int)Math.Min(left, block.Length - start);
                file.Write(MemoryMarshal.AsBytes(block.AsSpan(start, count)));
                start = (start + count) % block.Length;
                left -= count;
            }
        }
    }

    private static long Length(int[] shape) => shape.Aggregate(1L, (product, count) => product * count);

    private IEnumerable<(string Name, int[] Shape)> Tensors()
        => Family == ModelFamily.Opt ? OptTensors() : LlamaTensors();

    private IEnumerable<(string Name, int[] Shape)> OptTensors()
    {
        yield return ("model.decoder.embed_tokens.weight", [Vocabulary, Hidden]);
        yield return ("model.decoder.embed_positions.weight", [MaximumLength + 2, Hidden]);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.decoder.layers.{layer}.";
            foreach ((string name, int outputs, int inputs) in ((string, int, int)[])[
                ("self_attn.q_proj", Hidden, Hidden), ("self_attn.k_proj", Hidden, Hidden),
                ("self_attn.v_proj", Hidden, Hidden),
                ("self_attn.out_proj", Hidden, Hidden), ("fc1", FeedForward, Hidden), ("fc2", Hidden, FeedForward)])
            {
                yield return ($"{prefix}{name}.weight", [outputs, inputs]);
                yield return ($"{prefix}{name}.bias", [outputs]);
            }

            foreach (string name in (string[])["self_attn_layer_norm", "final_layer_norm"])
            {
                yield return ($"{prefix}{name}.weight", [Hidden]);
                yield return ($"{prefix}{name}.bias", [Hidden]);
            }
        }

        yield return ("model.decoder.final_layer_norm.weight", [Hidden]);
        yield return ("model.decoder.final_layer_norm.bias", [Hidden]);
    }

    private IEnumerable<(string Name, int[] Shape)> LlamaTensors()
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
