using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>The experts of a mixture as checkpoints store them: each in tensors of its own, or all in two.</summary>
/// <param name="Prefix">What the names of all begin with, such as <c>model.layers.0.mlp.experts.</c></param>
/// <param name="Count">How many.</param>
/// <param name="Hidden">Channels that go in and come out.</param>
/// <param name="Width">Channels between the projections.</param>
/// <param name="Activation">The nonlinearity of the gate.</param>
internal sealed record ExpertTensors(string Prefix, int Count, int Hidden, int Width, Activation Activation)
{
    /// <summary>Three tensors for each expert, or what transformers 5 makes of them: those of gate and up, and those of
    /// down, on top of each other.</summary>
    public FeedForwardDefinition[] Read(
        Func<string, bool> hasTensor,
        string gate = "gate_proj",
        string up = "up_proj",
        string down = "down_proj") =>
        hasTensor(Prefix + "gate_up_proj") ? Stacked() : Separate(gate, up, down);

    private FeedForwardDefinition[] Separate(
        string gate,
        string up,
        string down) => Each(expert => new FeedForwardDefinition(
            Activation,
            new LinearDefinition($"{Prefix}{expert}.{gate}", Hidden, Width, hasBias: false),
            new LinearDefinition($"{Prefix}{expert}.{up}", Hidden, Width, hasBias: false),
            new LinearDefinition($"{Prefix}{expert}.{down}", Width, Hidden, hasBias: false)));

    private FeedForwardDefinition[] Stacked()
    {
        FusedLinear gateUp = new(new TensorShape(Prefix + "gate_up_proj", 2 * Width, Hidden, Planes: Count));
        FusedLinear down = new(new TensorShape(Prefix + "down_proj", Hidden, Width, Planes: Count));
        return Each(expert => new FeedForwardDefinition(
            Activation,
            gateUp.Part("gate", StridedRange.Consecutive(0, Width), expert),
            gateUp.Part("up", StridedRange.Consecutive(Width, Width), expert),
            down.Whole(expert)));
    }

    /// <summary>gpt-oss's form: all on top of each other as [inputs x outputs], the columns of gate and up in turns,
    /// with biases.</summary>
    public FeedForwardDefinition[] Interleaved()
    {
        FusedLinear gateUp = Transposed("gate_up_proj", Hidden, 2 * Width);
        FusedLinear down = Transposed("down_proj", Width, Hidden);
        return Each(expert => new FeedForwardDefinition(
            Activation,
            gateUp.Part("gate", new StridedRange(0, 1, 2, Width), expert),
            gateUp.Part("up", new StridedRange(1, 1, 2, Width), expert),
            down.Whole(expert)));
    }

    /// <summary>How many experts each token goes through.</summary>
    public int PerToken(ModelConfig config)
    {
        string field = config.NameOf("num_experts_per_tok", "experts_per_token");
        int count = config.Count(field);
        return count <= Count ? count : throw config.Invalid(field, $"{count} is more than there are experts, {Count}");
    }

    private FusedLinear Transposed(string name, int inputs, int outputs) => new(
        new TensorShape(Prefix + name, inputs, outputs, Planes: Count),
        TensorShape.Vector(Prefix + name + "_bias", outputs) with { Planes = Count },
        IsTransposed: true);

    private FeedForwardDefinition[] Each(Func<int, FeedForwardDefinition> expert)
        => [.. Enumerable.Range(0, Count).Select(expert)];
}
