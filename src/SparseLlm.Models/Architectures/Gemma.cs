using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>Gemma (Gemma Team 2024, arXiv 2403.08295): Llama with gains that are stored less 1, scaled embeddings and a
/// GELU.</summary>
internal class Gemma : Llama
{
    /// <inheritdoc/>
    public override string Name => "GemmaForCausalLM";

    /// <inheritdoc/>
    public override string ModelType => "gemma";

    /// <inheritdoc/>
    protected override bool TiesByDefault => true;

    /// <inheritdoc/>
    protected override ModelDefinition Define(ModelConfig config, Func<string, bool> hasTensor)
    {
        ModelDefinition model = base.Define(config, hasTensor);
        return model with { Embedding = model.Embedding with { Multiplier = (float)Math.Sqrt(model.HiddenSize) } };
    }

    /// <inheritdoc/>
    protected override int ReadHeadWidth(ModelConfig config) => config.Width("head_dim", defaultValue: 256);

    /// <summary>The first files have another in hidden_act, which the model was not trained with.</summary>
    protected override Activation ReadActivation(ModelConfig config)
        => config.Activation("hidden_activation", "gelu_pytorch_tanh");

    /// <inheritdoc/>
    protected override NormDefinition Norm(DecoderShape shape, string name, int width)
        => NormDefinition.RmsNorm(name, width, shape.Epsilon, gainOffset: 1);
}
