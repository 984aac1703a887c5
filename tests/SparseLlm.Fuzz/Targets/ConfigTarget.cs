using SparseLlm.Fuzz.Mutation;
using SparseLlm.Models.Architectures;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Fuzz.Targets;

/// <summary><c>config.json</c> of every architecture.</summary>
internal sealed class ConfigTarget : FuzzTarget
{
    public override string Name => "config";

    public override IReadOnlyList<Sample> Samples { get; } =
    [
        .. ((string[])["llama", "mistral", "opt", "qwen2"]).Select(name => Sample.OfFile($"config-{name}.json")),
        .. Directory.EnumerateFiles(Repository.Families, "config.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(path => new Sample(File.ReadAllBytes(path))),
    ];

    public override bool Read(byte[] input, string folder)
    {
        Write(folder, "config.json", input);
        ModelConfig config = ModelConfig.TryRead(folder)!;
        ModelDefinition definition = Architecture.Of(config).Read(config, _ => false);
        return definition.Tensors.All(shape => checked((long)shape.Rows * shape.Columns) > 0);
    }
}
