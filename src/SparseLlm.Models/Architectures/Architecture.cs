using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>A family of models: how its <c>config.json</c> and tensor names make a
/// <see cref="ModelDefinition"/>.</summary>
public abstract class Architecture
{
    private const int MaximumChannels = 1 << 24;

    /// <summary>Every supported architecture. A new one is a new file and a name here.</summary>
    public static IReadOnlyList<Architecture> All { get; } =
    [
        new Opt(), new Llama(), new Mistral(), new Qwen2(), new Qwen3(), new Qwen3Moe(), new Mixtral(), new Gemma(),
            new Gemma2(), new Gemma3(), new Phi(), new Phi3(),
        new Gpt2(), new GptNeoX(), new GptJ(), new Falcon(), new StableLm(), new Olmo2(), new SmolLm3(), new Granite(),
            new Starcoder2(), new Cohere(), new Cohere2(),
        new GptOss(),
    ];

    /// <summary>The name in <c>architectures</c> of config.json, such as <c>OPTForCausalLM</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The name in <c>model_type</c> of config.json, such as <c>opt</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>The architecture that config.json names, by <c>architectures</c> and <c>model_type</c>, or by one of
    /// them.</summary>
    /// <exception cref="DiagnosticException">It names none, one that is not supported, or two that differ.</exception>
    public static Architecture Of(ModelConfig config) => Of(config, All);

    /// <summary>The architecture, of some.</summary>
    internal static Architecture Of(ModelConfig config, IReadOnlyList<Architecture> known)
    {
        string[] names = [.. config.Texts("architectures").Distinct()];
        string? modelType = config.Has("model_type") ? config.Text("model_type") : null;
        if (names.Length == 0)
        {
            return known.FirstOrDefault(architecture => architecture.ModelType == modelType)
                ?? throw Unsupported(config, known, modelType is null
                    ? "names no architecture"
                    : $"names the model type '{Excerpt.Of(modelType)}', which is not supported");
        }

        Architecture[] named = [.. names.Select(name => known.FirstOrDefault(architecture => architecture.Name == name)
            ?? throw Unsupported(
                config,
                known,
                $"names the architecture '{Excerpt.Of(name)}', which is not supported"))];
        if (named.Length > 1)
        {
            throw Unsupported(config, known, $"names two architectures, {named[0].Name} and {named[1].Name}");
        }

        // Transformers goes by the type, vLLM and llama.cpp go by the name: where the two differ, one directory is two
        // models.
        return modelType is null || modelType == named[0].ModelType
            ? named[0]
            : throw Unsupported(config, known, $"names the architecture {named[0].Name} and the model type "
                + $"'{Excerpt.Of(modelType)}', which do not belong together");
    }

    /// <summary>What a model of this architecture is made of, if it is nothing but that.</summary>
    /// <inheritdoc cref="Define" path="/param"/>
    /// <exception cref="DiagnosticException">
    /// The config lacks a field, asks for something that is not supported, or has fields of another architecture.
    /// </exception>
    public ModelDefinition Read(ModelConfig config, Func<string, bool> hasTensor)
    {
        ModelDefinition definition = Define(config, hasTensor);
        ForeignFields.Refuse(config, Name);
        return definition;
    }

    /// <summary>What a model of this architecture is made of.</summary>
    /// <param name="config">Its config.json.</param>
    /// <param name="hasTensor">
    /// Whether the checkpoint has a tensor of that name. Checkpoints of one architecture differ in the prefix of their
    /// names.
    /// </param>
    /// <exception cref="DiagnosticException">The config lacks a field, or asks for something that is not
    /// supported.</exception>
    protected abstract ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor);

    /// <summary>The output table of a head: the token table where they are tied, else a tensor of its own.</summary>
    /// <param name="config">The config.</param>
    /// <param name="tokens">The token table.</param>
    /// <param name="name">What the output table is called where it is not that.</param>
    /// <param name="tiesByDefault">Whether they are tied where the config does not say.</param>
    protected static TensorShape OutputTable(ModelConfig config, TensorShape tokens, string name, bool tiesByDefault) =>
        config.Flag("tie_word_embeddings", tiesByDefault) ? tokens : tokens with { Name = name };

    /// <summary>Refuses heads that cannot share keys and values evenly, or are too many.</summary>
    /// <exception cref="DiagnosticException">They cannot.</exception>
    protected static void RequireHeads(ModelConfig config, int heads, int keyValueHeads, int headWidth)
    {
        if (heads % keyValueHeads != 0)
        {
            throw config.Invalid(
                "num_key_value_heads",
                $"{keyValueHeads} does not divide num_attention_heads, {heads}");
        }

        if (Math.BigMul(heads, headWidth) > MaximumChannels)
        {
            throw config.Invalid(
                "num_attention_heads",
                $"{heads} heads of {headWidth} channels are more than any model has");
        }
    }

    private static DiagnosticException Unsupported(
        ModelConfig config,
        IReadOnlyList<Architecture> known,
        string problem) => config.Error(
            ModelDiagnostics.UnsupportedArchitecture,
            $"the file {problem}; supported are {string.Join(", ", known.Select(architecture => architecture.Name))}");
}
