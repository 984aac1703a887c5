using SparseLlm.Diagnostics;
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

    /// <summary>The architecture that config.json names: by <c>architectures</c>, else by <c>model_type</c>.</summary>
    /// <exception cref="DiagnosticException">It names none, or one that is not supported.</exception>
    public static Architecture Of(ModelConfig config)
    {
        IReadOnlyList<string> names = config.Texts("architectures");
        string name = names.Count > 0 ? names[0] : config.Text("model_type");
        return All.FirstOrDefault(architecture => names.Count > 0
                ? names.Contains(architecture.Name)
                : architecture.ModelType == name)
            ?? throw config.UnknownArchitecture(name, All.Select(architecture => architecture.Name));
    }

    /// <summary>What a model of this architecture is made of.</summary>
    /// <param name="config">Its config.json.</param>
    /// <param name="hasTensor">
    /// Whether the checkpoint has a tensor of that name. Checkpoints of one architecture differ in the prefix of their names.
    /// </param>
    /// <exception cref="DiagnosticException">The config lacks a field, or asks for something that is not supported.</exception>
    public abstract ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor);

    /// <summary>The first of the prefixes under which the checkpoint has a tensor; else the first of all.</summary>
    protected static string FindPrefix(Func<string, bool> hasTensor, string tensor, params string[] prefixes) =>
        prefixes.FirstOrDefault(prefix => hasTensor(prefix + tensor)) ?? prefixes[0];
}
