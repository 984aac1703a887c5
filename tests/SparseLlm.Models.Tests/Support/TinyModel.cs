using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Tests.Support;

/// <summary>A model of a few hundred random weights, in memory and as a Hugging Face directory.</summary>
public sealed class TinyModel
{
    public const int Vocabulary = 29;
    public const int MaximumLength = 12;
    public const string FirstShard = "model-00001-of-00002.safetensors";
    public const string SecondShard = "model-00002-of-00002.safetensors";

    private readonly Random random = new(20240607);

    private TinyModel(string config, string overrides)
    {
        Config = JsonNode.Parse(config)!.AsObject();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(overrides)!.AsObject())
        {
            Config[name] = value?.DeepClone();
        }
    }

    public JsonObject Config { get; }

    public Dictionary<string, (long[] Shape, float[] Values)> Tensors { get; } = [];

    /// <summary>An OPT of two layers, whose config is changed by a JSON object of overrides.</summary>
    public static TinyModel Opt(string overrides = "{}", string prefix = "model.decoder.")
    {
        var model = new TinyModel(
            """
            {"architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": 29, "hidden_size": 16, "ffn_dim": 20,
             "num_attention_heads": 4, "num_hidden_layers": 2, "max_position_embeddings": 12, "activation_function": "relu"}
            """,
            overrides);
        int width = model.Int("word_embed_proj_dim", 16);
        bool bias = model.Flag("enable_bias", true);
        bool affine = model.Flag("layer_norm_elementwise_affine", true);
        model.Weight(prefix + "embed_tokens", Vocabulary, width);
        model.Weight(prefix + "embed_positions", MaximumLength + 2, 16);
        if (width != 16)
        {
            model.Weight(prefix + "project_in", 16, width);
            model.Weight(prefix + "project_out", width, 16);
        }

        if (!model.Flag("tie_word_embeddings", true))
        {
            model.Weight("lm_head", Vocabulary, width);
        }

        for (int i = 0; i < 2; i++)
        {
            string layer = $"{prefix}layers.{i}.";
            foreach (string projection in (string[])["q_proj", "k_proj", "v_proj", "out_proj"])
            {
                model.Linear(layer + "self_attn." + projection, 16, 16, bias);
            }

            model.Linear(layer + "fc1", 20, 16, bias);
            model.Linear(layer + "fc2", 16, 20, bias);
            model.Norm(layer + "self_attn_layer_norm", 16, affine, affine);
            model.Norm(layer + "final_layer_norm", 16, affine, affine);
        }

        bool hasFinalNorm = model.Flag("do_layer_norm_before", true) && !model.Flag("_remove_final_layer_norm", false);
        model.Norm(prefix + "final_layer_norm", 16, hasFinalNorm && affine, hasFinalNorm && affine);
        return model;
    }

    /// <summary>A Llama (or Mistral, or Qwen2) of three layers, whose config is changed by a JSON object of
    /// overrides.</summary>
    public static TinyModel Llama(string overrides = "{}", string prefix = "model.")
    {
        var model = new TinyModel(
            """
            {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 29, "hidden_size": 16,
             "intermediate_size": 20, "num_attention_heads": 4, "num_hidden_layers": 3, "max_position_embeddings": 12,
             "rms_norm_eps": 1e-5, "hidden_act": "silu"}
            """,
            overrides);
        bool isQwen = (string?)model.Config["model_type"] == "qwen2";
        int heads = model.Int("num_attention_heads", 4);
        int keyValueHeads = model.Int("num_key_value_heads", heads);
        int width = model.Int("head_dim", 16 / heads);
        bool bias = model.Flag("attention_bias", false);
        bool mlpBias = model.Flag("mlp_bias", false);
        model.Weight(prefix + "embed_tokens", Vocabulary, 16);
        if (!model.Flag("tie_word_embeddings", false))
        {
            model.Weight("lm_head", Vocabulary, 16);
        }

        for (int i = 0; i < 3; i++)
        {
            string layer = $"{prefix}layers.{i}.";
            model.Linear(layer + "self_attn.q_proj", heads * width, 16, bias || isQwen);
            model.Linear(layer + "self_attn.k_proj", keyValueHeads * width, 16, bias || isQwen);
            model.Linear(layer + "self_attn.v_proj", keyValueHeads * width, 16, bias || isQwen);
            model.Linear(layer + "self_attn.o_proj", 16, heads * width, bias);
            model.Linear(layer + "mlp.gate_proj", 20, 16, mlpBias);
            model.Linear(layer + "mlp.up_proj", 20, 16, mlpBias);
            model.Linear(layer + "mlp.down_proj", 16, 20, mlpBias);
            model.Norm(layer + "input_layernorm", 16, hasGain: true, hasBias: false);
            model.Norm(layer + "post_attention_layernorm", 16, hasGain: true, hasBias: false);
        }

        model.Norm(prefix + "norm", 16, hasGain: true, hasBias: false);
        return model;
    }

    /// <summary>The tiny model of a family, whose config is changed by a JSON object of overrides.</summary>
    public static TinyModel Family(string name, string overrides = "{}")
    {
        string directory = Repository.Family(name);
        var model = new TinyModel(File.ReadAllText(Path.Combine(directory, "config.json")), overrides);
        using Checkpoint checkpoint = Checkpoint.Open(directory);
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            float[] values = new float[tensor.ElementCount];
            checkpoint.Read(tensor, 0, values);
            model.Tensors[tensor.Name] = ([.. tensor.Shape], values);
        }

        return model;
    }

    /// <summary>Gives tensors other names.</summary>
    public void Rename(Func<string, string> rename)
    {
        var tensors = Tensors.ToArray();
        Tensors.Clear();
        foreach ((string name, (long[], float[]) tensor) in tensors)
        {
            Tensors.Add(rename(name), tensor);
        }
    }

    public int Int(string field, int defaultValue) => (int?)Config[field] ?? defaultValue;

    public bool Flag(string field, bool defaultValue) => (bool?)Config[field] ?? defaultValue;

    public void Weight(string module, int rows, int columns) => Add(module + ".weight", [rows, columns], 0, 0.5);

    public void Write(string directory, ElementType type = ElementType.F32)
    {
        File.WriteAllText(Path.Combine(directory, "config.json"), Config.ToJsonString());
        Save(Path.Combine(directory, "model.safetensors"), type, _ => true);
    }

    /// <summary>Two shards and their index: the embedding in the one, everything else in the other.</summary>
    public void WriteShards(string directory)
    {
        File.WriteAllText(Path.Combine(directory, "config.json"), Config.ToJsonString());
        Save(Path.Combine(directory, FirstShard), ElementType.F32, IsFirst);
        Save(Path.Combine(directory, SecondShard), ElementType.F32, name => !IsFirst(name));
        WriteIndex(
            directory,
            Tensors.Keys.ToDictionary(name => name, name => IsFirst(name) ? FirstShard : SecondShard));

        static bool IsFirst(string name) => name.Contains("embed");
    }

    public static void WriteIndex(string directory, Dictionary<string, string> shards) => File.WriteAllText(
        Path.Combine(directory, "model.safetensors.index.json"), JsonSerializer.Serialize(new { weight_map = shards }));

    private void Save(string path, ElementType type, Func<string, bool> isWanted) => SafetensorsFile.Write(
        path, type, Tensors.Where(tensor => isWanted(tensor.Key))
            .Select(tensor => (tensor.Key, tensor.Value.Shape, tensor.Value.Values)));

    private void Linear(string module, int rows, int columns, bool bias)
    {
        Weight(module, rows, columns);
        if (bias)
        {
            Add(module + ".bias", [rows], 0, 0.3);
        }
    }

    private void Norm(string module, int width, bool hasGain, bool hasBias)
    {
        if (hasGain)
        {
            Add(module + ".weight", [width], 1, 0.3);
        }

        if (hasBias)
        {
            Add(module + ".bias", [width], 0, 0.3);
        }
    }

    private void Add(string name, long[] shape, double mean, double spread)
    {
        float[] values = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(mean + spread * (2 * random.NextDouble() - 1));
        }

        Tensors[name] = (shape, values);
    }
}
