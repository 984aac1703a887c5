using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;
using SparseLlm.LlamaCpp.Tests.Support;
using SparseLlm.Models;
using SparseLlm.Models.Gguf;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using Xunit.Abstractions;

namespace SparseLlm.LlamaCpp.Tests;

/// <summary>
/// The tiny random model of every family as a GGUF file: what llama.cpp computes from it, against what the family's
/// official code computes in double precision.
/// </summary>
/// <param name="output">Told all distances.</param>
public sealed class Families(ITestOutputHelper output) : IDisposable
{
    // The L2 norm of a difference over that of the reference. Single precision is 3e-6 from it, what a family is known
    // by 1e-2 and more.
    private const double Tolerance = 1e-5;

    // A table in half precision is 2e-4 to 4e-4 from it in these models.
    private const double ToleranceOfTable = 1e-3;

    // Random weights suffer from rounding more than trained ones do, and llama.cpp rounds what comes into a matrix too.
    private static readonly Dictionary<GgufElementType, double> TolerancesOfTypes = new()
    {
        [GgufElementType.F16] = 0.01,
        [GgufElementType.BF16] = 0.08,
        [GgufElementType.Q8_0] = 0.1,
        [
            GgufElementType.Q4_0] = 0.8,
    };

    /// <summary>Families that llama.cpp does not know.</summary>
    private static readonly string[] Unknown = ["gptj", "opt"];

    /// <summary>Families with GELU: llama.cpp computes its tanh form, and takes it from a table in half
    /// precision.</summary>
    private static readonly string[] WithTable =
        ["falcon", "falcon_new", "gemma", "gemma2", "gemma3_text", "gpt2", "gpt2_hubnames", "gpt_neox", "gpt_neox_seq",
            "phi", "starcoder2"];

    /// <summary>Where llama.cpp computes something else than the official code: what it does, how far that takes it,
    /// and changes of config.json without which it does not.</summary>
    private static readonly Dictionary<string, (string Reason, double Distance, string Without)> Deviations = new()
    {
        ["mistral"] = ("has no sliding window for the family", 1.0, """{"sliding_window": null}"""),
        ["phi3"] = ("leaves the family's sliding window out", 1.0, """{"sliding_window": null}"""),
        ["starcoder2"] = ("has no sliding window for the family", 0.7, """{"sliding_window": null}"""),
        ["phi3_longrope"] = (
            "takes the factors for long texts wherever its context, of 256 tokens at least, is longer than the "
            + "original one",
            0.8,
            """{"original_max_position_embeddings": 256, "max_position_embeddings": 1024}"""),
        ["gpt_oss"] = (
            "rounds the bounds of YaRN's ramp, which the family does not (truncate)",
            0.2,
            """{"rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 8.0, "original_max_position_embeddings": 200, "rope_type": "yarn", "truncate": true}}"""),
    };

    /// <summary>Changes of config.json with which llama.cpp and this library still agree: what other models of the
    /// families have.</summary>
    private static readonly (string Family, string Changes)[] Variants =
    [
        ("llama32", """{"rope_scaling": null, "rms_norm_eps": 1e-5, "rope_theta": 500000.0}"""),
        ("llama32", """{"rope_scaling": {"rope_type": "linear", "factor": 4.0}}"""),
        ("llama32", """{"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}"""),
        ("llama32", """{"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "attention_factor": 1.5}}"""),
        ("llama32", """{"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 16, "beta_slow": 2}}"""),
        ("llama32", """{"rope_scaling": {"rope_type": "llama3", "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 32}}"""),
        ("qwen2", """{"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}}"""),
        ("qwen3", """{"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "attention_factor": 0.7}}"""),
        ("qwen3_moe", """{"num_experts_per_tok": 4}"""),
        ("mixtral", """{"num_experts_per_tok": 1, "rope_scaling": {"rope_type": "linear", "factor": 4.0}}"""),
        ("gemma2", """{"query_pre_attn_scalar": 40, "attn_logit_softcapping": 30.0, "final_logit_softcapping": 20.0, "sliding_window": 4}"""),
        ("gemma3_text", """{"query_pre_attn_scalar": 30, "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "rope_local_base_freq": 500.0}"""),
        ("granite", """{"attention_multiplier": 0.1, "embedding_multiplier": 12.0, "logits_scaling": 8.0, "residual_multiplier": 0.22}"""),
        ("cohere", """{"logit_scale": 1.0}"""),
        ("cohere2", """{"sliding_window": 4}"""),
        ("stablelm", """{"partial_rotary_factor": 0.5}"""),
        ("gpt_neox", """{"rotary_pct": 1.0, "partial_rotary_factor": 1.0, "use_parallel_residual": false}"""),
        ("gpt2", """{"scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true}"""),
        ("falcon_new", """{"rope_scaling": {"rope_type": "linear", "factor": 4.0}}"""),
        ("phi3", """{"sliding_window": null, "partial_rotary_factor": 0.5}"""),
        ("olmo2", """{"rope_scaling": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 16}}"""),
        ("gpt_oss", """{"sliding_window": 4, "num_experts_per_tok": 1, "rope_scaling": null}"""),
    ];

    private readonly TempDirectory directory = new();
    private readonly IBackend backend = new CpuBackend(threads: 1);

    public static TheoryData<string> Known => [.. All.Except(Unknown)];

    public static TheoryData<string, string> Agreeing
    {
        get
        {
            var agreeing = new TheoryData<string, string>();
            foreach ((string family, string changes) in Variants.Concat(
                Deviations.Select(deviation => (deviation.Key, deviation.Value.Without))))
            {
                agreeing.Add(family, changes);
            }

            return agreeing;
        }
    }

    public static TheoryData<string> NotKnown => [.. Unknown];

    private static IEnumerable<string> All => Directory.EnumerateDirectories(Repository.Families)
        .Select(path => Path.GetFileName(path)!)
        .Order(StringComparer.Ordinal);

    public void Dispose()
    {
        backend.Dispose();
        directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void Logits_in_llama_cpp_are_those_of_the_official_code(string family)
    {
        Copy(family);
        using LlamaCppModel theirs = Export(GgufElementType.F32);
        using DecoderModel ours = DecoderModel.Open(directory.Path, backend);
        var distances = new List<double>();
        foreach (JsonElement sequence in Sequences(family))
        {
            int[] ids = Ids(sequence);
            Dictionary<int, double[]> reference = Reference(sequence);
            distances.Add(Distance(theirs.Logits(ids), reference));
            output.WriteLine($"{family}: llama.cpp is {distances[^1]:e1} from the reference, this library "
                + $"{Distance(Logits(ours, ids), reference):e1}");
        }

        if (Deviations.TryGetValue(family, out var deviation))
        {
            distances.Max()
                .ShouldBeInRange(deviation.Distance / 2, deviation.Distance * 2, $"llama.cpp {deviation.Reason}");
        }
        else
        {
            distances.Max().ShouldBeLessThan(ToleranceOf(family));
        }
    }

    [Theory]
    [MemberData(nameof(Agreeing))]
    public void Other_settings_reach_llama_cpp(string family, string changes)
    {
        Copy(family, changes);
        ShouldAgree(family);
    }

    /// <param name="family">The family.</param>
    /// <param name="changes">Changes of config.json.</param>
    /// <param name="biased">Which matrices get a bias.</param>
    /// <param name="dropped">Which tensors go.</param>
    [Theory]
    [InlineData("llama32", """{"attention_bias": true, "mlp_bias": true}""", "_proj", "^$")]
    [InlineData("granite", """{"attention_bias": true}""", "self_attn", "^$")]
    [InlineData("stablelm", """{"use_qkv_bias": false, "tie_word_embeddings": true}""", "^$", "_proj.bias|lm_head")]
    [InlineData("starcoder2", """{"use_bias": false, "sliding_window": null}""", "^$", "(_proj|c_fc).bias")]
    [InlineData(
        "gpt_neox",
        """{"attention_bias": false, "tie_word_embeddings": true}""",
        "^$",
        "(query_key_value|attention.dense).bias|embed_out")]
    [InlineData("olmo2", """{"tie_word_embeddings": true}""", "^$", "lm_head")]
    public void Tensors_that_a_family_may_have_or_lack_reach_llama_cpp(
        string family,
        string changes,
        string biased,
        string dropped)
    {
        Copy(family, changes);
        StoredTensors tensors = StoredTensors.Of(directory.Path);
        var random = new Random(17);
        foreach ((string name, (string type, long[] shape, _)) in tensors.Where(
            tensor => tensor.Value.Shape.Length == 2 && Regex.IsMatch(tensor.Key, biased)).ToArray())
        {
            float[] bias = [.. Enumerable.Range(0, (int)shape[0]).Select(_ => random.NextSingle() - 0.5f)];
            tensors.Add(
                name.Replace(".weight", ".bias", StringComparison.Ordinal),
                (type, [shape[0]], MemoryMarshal.AsBytes<float>(bias).ToArray()));
        }

        foreach (string name in tensors.Keys.Where(name => Regex.IsMatch(name, dropped)).ToArray())
        {
            tensors.Remove(name);
        }

        tensors.Write(directory["model.safetensors"]);
        ShouldAgree(family);
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void Every_type_loads_in_llama_cpp_and_computes_about_the_same(string family)
    {
        Copy(family);
        int[] ids = Ids(Sequences(family).First());
        Dictionary<int, double[]> exact;
        using (LlamaCppModel model = Export(GgufElementType.F32))
        {
            exact = ByPosition(model.Logits(ids));
        }

        foreach ((GgufElementType type, double tolerance) in TolerancesOfTypes)
        {
            using LlamaCppModel model = Export(type);
            Distance(model.Logits(ids), exact).ShouldBeLessThan(tolerance, type.Name());
        }
    }

    [Theory]
    [MemberData(nameof(Known))]
    public void What_llama_cpp_computes_otherwise_is_warned_of(string family)
    {
        Copy(family);
        using GgufExport export = GgufExport.Open(directory.Path, new GgufExportOptions(GgufElementType.F32));
        export.Deviations.Any(warning => warning.Descriptor == GgufDiagnostics.OtherResults)
            .ShouldBe(Deviations.ContainsKey(family));
    }

    [Theory]
    [MemberData(nameof(NotKnown))]
    public void A_family_that_llama_cpp_does_not_know_is_refused(string family)
    {
        Copy(family);
        Should.Throw<DiagnosticException>(
            () => GgufExport.Open(directory.Path, new GgufExportOptions(
                GgufElementType.F32))).Diagnostics.Single().Descriptor.ShouldBe(GgufDiagnostics.UnsupportedModel);
    }

    /// <summary>llama.cpp and this library must compute the same for the model that is there.</summary>
    private void ShouldAgree(string family)
    {
        using LlamaCppModel theirs = Export(GgufElementType.F32);
        using DecoderModel ours = DecoderModel.Open(directory.Path, backend);
        foreach (int[] ids in Sequences(family).Select(Ids))
        {
            Distance(theirs.Logits(ids), ByPosition(Logits(ours, ids))).ShouldBeLessThan(ToleranceOf(family));
        }
    }

    private LlamaCppModel Export(GgufElementType type)
    {
        string file = directory["model.gguf"];
        using (GgufExport export = GgufExport.Open(directory.Path, new GgufExportOptions(type)))
        {
            export.Write(file, CancellationToken.None);
        }

        return LlamaCppModel.Load(file, longest: 40);
    }

    private void Copy(string family, string changes = "{}")
    {
        string source = Repository.Family(family);
        JsonObject config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(source, "config.json")))!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            config[key] = value?.DeepClone();
        }

        File.WriteAllText(directory["config.json"], config.ToJsonString());
        File.Copy(Path.Combine(source, "model.safetensors"), directory["model.safetensors"]);
        File.WriteAllText(
            directory["tokenizer.json"],
            ByteLevelTokenizer.OfSize((int)config["vocab_size"]!).ToJsonString());
    }

    private float[][] Logits(DecoderModel model, int[] ids)
    {
        Matrix<float> hidden = model.Embed(ids, ids.Length);
        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            using Matrix<float> input = hidden;
            hidden = layer.Forward(input, ids.Length);
        }

        using Matrix<float> last = hidden;
        using LanguageModelHead head = model.LoadHead();
        using Matrix<float> logits = head.Logits(last);
        var values = new float[logits.Length];
        backend.Download<float>(logits, values);
        return [.. values.Chunk(logits.Columns)];
    }

    private static Dictionary<int, double[]> ByPosition(float[][] logits) =>
        logits.Index().ToDictionary(row => row.Index, row => Array.ConvertAll(row.Item, value => (double)value));

    private static double Distance(float[][] logits, Dictionary<int, double[]> reference)
    {
        double difference = 0;
        double total = 0;
        foreach ((int position, double[] expected) in reference)
        {
            logits[position].Length.ShouldBe(expected.Length);
            difference += logits[position].Zip(expected, (value, wanted) => (value - wanted) * (value - wanted)).Sum();
            total += expected.Sum(value => value * value);
        }

        return Math.Sqrt(difference / total);
    }

    private static double ToleranceOf(string family) => WithTable.Contains(family) ? ToleranceOfTable : Tolerance;

    private static IEnumerable<JsonElement> Sequences(string family) =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(Repository.Family(family), "reference.json")))
            .GetProperty("sequences")
            .EnumerateArray();

    private static int[] Ids(JsonElement sequence) => sequence.GetProperty("token_ids").Deserialize<int[]>()!;

    private static Dictionary<int, double[]> Reference(JsonElement sequence)
        => sequence.GetProperty("logits").EnumerateObject().ToDictionary(
        position => int.Parse(position.Name, CultureInfo.InvariantCulture), position => position.Value
            .Deserialize<double[]>()!);
}
