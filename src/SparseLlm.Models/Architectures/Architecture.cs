using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>A family of models: how its <c>config.json</c> and tensor names make a <see cref="ModelDefinition"/>.</summary>
public abstract class Architecture
{
    /// <summary>Every supported architecture. A new one is a new file and a name here.</summary>
    public static IReadOnlyList<Architecture> All { get; } = [new Opt(), new Llama(), new Mistral(), new Qwen2()];

    /// <summary>The name in <c>architectures</c> of config.json, such as <c>OPTForCausalLM</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The name in <c>model_type</c> of config.json, such as <c>opt</c>.</summary>
    public abstract string ModelType { get; }

    /// <summary>The architecture that config.json names, by <c>architectures</c> and <c>model_type</c>, or by one of them.</summary>
    /// <exception cref="DiagnosticException">It names none, one that is not supported, or two that differ.</exception>
    public static Architecture Of(ModelConfig config)
    {
        string[] names = [.. config.Texts("architectures").Distinct()];
        string? modelType = config.Has("model_type") ? config.Text("model_type") : null;
        if (names.Length == 0)
        {
            return All.FirstOrDefault(architecture => architecture.ModelType == modelType)
                ?? throw Unsupported(config, modelType is null ? "names no architecture" : $"names the model type '{Excerpt.Of(modelType)}', which is not supported");
        }

        Architecture[] named = [.. names.Select(name => All.FirstOrDefault(architecture => architecture.Name == name)
            ?? throw Unsupported(config, $"names the architecture '{Excerpt.Of(name)}', which is not supported"))];
        if (named.Length > 1)
        {
            throw Unsupported(config, $"names two architectures, {named[0].Name} and {named[1].Name}");
        }

        // Transformers goes by the type, vLLM and llama.cpp go by the name: where the two differ, one directory is two models.
        return modelType is null || modelType == named[0].ModelType
            ? named[0]
            : throw Unsupported(config, $"names the architecture {named[0].Name} and the model type '{Excerpt.Of(modelType)}', which do not belong together");
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
    /// Whether the checkpoint has a tensor of that name. Checkpoints of one architecture differ in the prefix of their names.
    /// </param>
    /// <exception cref="DiagnosticException">The config lacks a field, or asks for something that is not supported.</exception>
    protected abstract ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor);

    /// <summary>The first of the prefixes under which the checkpoint has a tensor; else the first of all.</summary>
    protected static string FindPrefix(Func<string, bool> hasTensor, string tensor, params string[] prefixes) =>
        prefixes.FirstOrDefault(prefix => hasTensor(prefix + tensor)) ?? prefixes[0];

    private static DiagnosticException Unsupported(ModelConfig config, string problem) => config.Error(
        ModelDiagnostics.UnsupportedArchitecture,
        $"the file {problem}; supported are {string.Join(", ", All.Select(architecture => architecture.Name))}");
}
