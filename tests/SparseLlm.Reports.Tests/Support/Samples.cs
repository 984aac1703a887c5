using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes;

namespace SparseLlm.Reports.Tests.Support;

/// <summary>Manifests as a prune would write them, with numbers that are easy to find again.</summary>
internal static class Samples
{
    /// <summary>Names that would break a page, a recipe or a shell, were they taken literally.</summary>
    public const string HostileText = "<script>alert(1)</script> & \"it's\"";

    public const string HostileFile = "it's <b>\"all\"<b> & more.txt";

    private static readonly string[] Kinds = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
        "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];

    /// <summary>An artifact.</summary>
    public static ArtifactManifest Manifest(
        string name = "small-70", int layers = 4, string method = "sparsellm", string pattern = "0.7",
        double pruned = 25, double sparsity = 0.7, int cells = 8,
        long compressed = 2L << 20)
    {
        var settings = PruningSettings.For(Enum.Parse<PruningMethod>(method, ignoreCase: true));
        string[] names = [.. Enumerable.Range(0, layers)
            .SelectMany(layer => Kinds.Select(kind => $"model.layers.{layer}.{kind}.weight"))];
        return new ArtifactManifest
        {
            ToolVersion = "0.1.0",
            Artifact = name,
            Key = new string('a', 64),
            Digest = new string('b', 64),
            Model = new ModelProvenance("tiny & small", "LlamaForCausalLM", new string('c', 64)),
            Method = method,
            Settings = Setting.Describe(settings),
            Pattern = pattern,
            Calibration = new CalibrationProvenance(
                [new FileProvenance(HostileFile, new string('d', 64))],
                16,
                128,
                "random",
                7),
            Numerics = "cpu-fma/1",
            Sparsity = sparsity,
            ModelSparsity = sparsity / 2,
            Tensors = [.. names
                .Select((tensor, index) => new TensorReport(tensor, [64, 96], pattern, sparsity, 0.1 + index / 1000.0)
                    {
                        Mask = new MaskDensity(
                            cells,
                            cells,
                            [.. Enumerable.Range(0, cells * cells).Select(cell => (byte)(index * 31 + cell * cell * 17))]),
                    })],
            Sweeps = [new SweepReport(0, 4, 3, 0.25, 0.125)],
            Guards = [new GuardReport(0, "sparsegpt", 0.0321, 0.0456, false), new GuardReport(
                1,
                "tuning",
                0.0987,
                0.0654,
                true), new GuardReport(2, "distillation", null, null, false)],
            Fallbacks = ["layer 2: the damping was raised <twice>"],
            Perplexity = new Dictionary<string, PerplexityReport>
            {
                [HostileText] = new PerplexityReport(20, pruned, 2560, 20, "key")
                {
                    Files = [new FileProvenance(HostileFile, new string('d', 64))]
                },
            },
            Seconds = 12.34,
            PeakMemory = 300L << 20,
            Size = new SizeReport(8L << 20, 3L << 20)
            {
                Compressed = new CompressedSize(compressed, 1),
                Packed = new PackedSize(5L << 19, 6.0517, 16)
            },
            Speed = new SpeedReport(41.25, 63.5, 2, "avx2"),
            Inputs = new ArtifactInputs
            {
                Numerics = "cpu-fma/1",
                Model = new Dictionary<string, string>
                {
                    ["config.json"] = new('e', 64),
                    ["model.safetensors"] = new('f', 64)
                },
                Embedding = "",
                Head = "",
                Settings = new Dictionary<string, string>(),
                Layers = [.. Enumerable.Range(0, layers).Select(layer => new LayerInputs(
                    "", Kinds.ToDictionary(kind => $"model.layers.{layer}.{kind}.weight", _ => pattern)))],
            },
        };
    }

    /// <summary>One whose weights are 4-bit codes, and its embedding 8-bit codes.</summary>
    public static ArtifactManifest Quantized(string pattern, double sparsity)
    {
        ArtifactManifest manifest = Manifest(pattern: pattern, sparsity: sparsity);
        return manifest with
        {
            Size = manifest.Size! with
            {
                Packed = manifest.Size.Packed! with
                {
                    Layouts = [new("sparse-int4", 28, 172_032, 3.4), new("int8", 2, 786_432, 8.25)]
                }
            },
            Inputs = manifest.Inputs with
            {
                Settings = new Dictionary<string, string> { ["bits"] = "4", ["group"] = "64", ["embeddings"] = "8" }
            },
        };
    }

    /// <summary>A gate on the perplexity of the samples.</summary>
    public static PerplexityGate Gate(double? maxIncrease = null, double? max = null)
        => new(HostileText, maxIncrease, max, new SourceLocation("pruning.yaml"));

    /// <summary>A recipe with an artifact of each name.</summary>
    public static Recipe Recipe(params string[] names) => new(
        "/somewhere/pruning.yaml", null, "/somewhere/tiny & small", new SourceLocation("pruning.yaml"), null, [],
        [.. names.Select(name => new ArtifactRecipe(
            name, new SparsityPattern.Unstructured(0.7), new PruningSettings(), [], [Gate(
                maxIncrease: 0.3)], new SourceLocation("pruning.yaml")))],
        new EngineChoice());
}
