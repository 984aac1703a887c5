using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>Writes what a GGUF file says of a decoder beside its tensors.</summary>
internal sealed class DecoderKeys
{
    private readonly ModelDefinition model;
    private readonly GgufDialect dialect;
    private readonly GgufMetadata metadata;
    private readonly Refusal refusal;
    private readonly AttentionDefinition attention;

    private DecoderKeys(ModelDefinition model, GgufDialect dialect, GgufMetadata metadata, Refusal refusal)
    {
        (this.model, this.dialect, this.metadata, this.refusal) = (model, dialect, metadata, refusal);
        attention = DecoderRotary.Attentions(model).First();
    }

    /// <summary>Adds the keys.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dialect">How its family is written.</param>
    /// <param name="metadata">Receives them.</param>
    /// <param name="refusal">What is said of a model that cannot be written.</param>
    public static void Write(ModelDefinition model, GgufDialect dialect, GgufMetadata metadata, Refusal refusal)
    {
        var keys = new DecoderKeys(model, dialect, metadata, refusal);
        keys.WriteSizes();
        keys.WriteNorms();
        keys.WriteFeedForward();
        keys.WriteWiring();
        keys.WriteRotary();
        keys.WriteWindows();
        keys.WriteScales();
        keys.WriteCaps();
    }

    private string Key(string name) => $"{dialect.Name}.{name}";

    private void WriteSizes()
    {
        if (DecoderRotary.Attentions(model).Any(other => (other.Heads, other.KeyValueHeads,
            other.HeadWidth) != (attention.Heads, attention.KeyValueHeads, attention.HeadWidth)))
        {
            throw refusal.Of("its layers differ in their heads");
        }

        metadata.Set(Key("block_count"), model.Layers.Count);
        metadata.Set(Key("context_length"), model.MaximumLength);
        metadata.Set(Key("embedding_length"), model.HiddenSize);
        metadata.Set(Key("vocab_size"), model.VocabularySize);
        metadata.Set(Key("attention.head_count"), attention.Heads);
        metadata.Set(Key("attention.head_count_kv"), attention.KeyValueHeads);
        metadata.Set(Key("attention.key_length"), attention.HeadWidth);
        metadata.Set(Key("attention.value_length"), attention.HeadWidth);
    }

    private void WriteNorms()
    {
        NormDefinition[] norms =
        [
            .. model.Layers.SelectMany(layer => layer.Blocks).SelectMany(block => block.Norms), .. DecoderRotary
                .Attentions(model)
                .SelectMany(each => new[] { each.QueryNorm, each.KeyNorm })
                .OfType<NormDefinition>(),
            model.Head.Norm!,
        ];
        if (norms.Any(norm => (norm.Kind, norm.Epsilon) != (norms[0].Kind, norms[0].Epsilon)))
        {
            throw refusal.Of("its norms differ in their kind or epsilon");
        }

        metadata.Set(
            Key(norms[0].Kind == NormKind.RmsNorm ? "attention.layer_norm_rms_epsilon"
                : "attention.layer_norm_epsilon"),
            norms[0].Epsilon);
    }

    private void WriteFeedForward()
    {
        MixerDefinition mixer = model.Layers[0].Blocks[1].Mixer;
        if (mixer is ExpertsDefinition experts)
        {
            metadata.Set(Key("feed_forward_length"), experts.Experts[0].Up.Outputs);
            metadata.Set(Key("expert_count"), experts.Experts.Count);
            metadata.Set(Key("expert_used_count"), experts.ExpertsPerToken);
            if (dialect.HasExpertWidth)
            {
                metadata.Set(Key("expert_feed_forward_length"), experts.Experts[0].Up.Outputs);
            }
        }
        else
        {
            metadata.Set(Key("feed_forward_length"), ((FeedForwardDefinition)mixer).Up.Outputs);
        }
    }

    private void WriteWiring()
    {
        Wiring wiring = model.Layers[0].Wiring;
        if (dialect.Wiring is null)
        {
            metadata.Set(Key("use_parallel_residual"), wiring == Wiring.Parallel);
        }
        else if (dialect.Wiring != wiring)
        {
            throw refusal.Of(
                $"its blocks are {wiring.ToString().ToLowerInvariant()}, and those of {dialect.Name} are not");
        }
    }

    private void WriteRotary()
    {
        if (DecoderRotary.Of(model) is not { } rotary)
        {
            return;
        }

        metadata.Set(Key("rope.dimension_count"), 2 * rotary.InverseFrequencies.Count);
        metadata.Set(Key("rope.freq_base"), (float)rotary.Theta);
        if (DecoderRotary.Yarn(rotary) is { } yarn)
        {
            metadata.Set(Key("rope.scaling.type"), "yarn");
            metadata.Set(Key("rope.scaling.factor"), (float)yarn.Factor);
            metadata.Set(Key("rope.scaling.original_context_length"), (int)yarn.OriginalLength);
        }
        else if (rotary.Long is { } other)
        {
            if (!dialect.HasLongFactors)
            {
                throw refusal.Of("its rotary embedding has other frequencies for long texts (LongRoPE)");
            }

            metadata.Set(Key("rope.scaling.original_context_length"), other.Beyond);
        }
        else if (DecoderRotary.Factor(rotary) is { } factor)
        {
            if (Math.Abs(factor - 1) > 1e-9)
            {
                metadata.Set(Key("rope.scaling.type"), "linear");
                metadata.Set(Key("rope.scaling.factor"), (float)factor);
            }
        }
        else if (!dialect.HasFrequencyFactors)
        {
            throw refusal.Of("its rotary embedding is scaled in a way that llama.cpp does not know for it");
        }

        WriteAttentionFactor(rotary);
        WriteRotaryOfWindows(rotary);
        RequireTurns();
    }

    /// <summary>What cosines and sines are multiplied by, beside the factor of YaRN's paper, which llama.cpp takes by
    /// itself.</summary>
    private void WriteAttentionFactor(RotaryDefinition rotary)
    {
        double factor = rotary.Factor / (DecoderRotary.Yarn(rotary) is { } yarn ? 1 + 0.1 * Math.Log(yarn.Factor) : 1);
        if (Math.Abs(factor - 1) > 1e-6)
        {
            metadata.Set(Key("rope.scaling.attn_factor"), (float)factor);
        }
    }

    private void WriteRotaryOfWindows(RotaryDefinition rotary)
    {
        if (DecoderRotary.OfWindows(model) is not { } ofWindows)
        {
            return;
        }

        if (!dialect.HasWindowFrequencies || DecoderRotary.Factor(ofWindows) is not 1)
        {
            throw refusal.Of("its layers differ in their rotary embedding");
        }

        metadata.Set(Key("rope.freq_base_swa"), (float)ofWindows.Theta);
    }

    /// <summary>The layers that do not turn must be those that the runtime does not turn.</summary>
    private void RequireTurns()
    {
        int index = 0;
        foreach (AttentionDefinition each in DecoderRotary.Attentions(model))
        {
            bool turns = dialect.TurnsInWindowsOnly
                ? each.Window < int.MaxValue
                : dialect.UnturnedPeriod == 0 || (index + 1) % dialect.UnturnedPeriod != 0;
            if (turns != (each.Rotary is not null))
            {
                throw refusal.Of(
                    $"llama.cpp turns other layers of a {dialect.Name} than this one turns (layer {index})");
            }

            index++;
        }
    }

    private void WriteWindows()
    {
        if (dialect.WindowPeriod == 0)
        {
            return;
        }

        int[] windows = [.. DecoderRotary.Attentions(model).Select(each => each.Window)];
        int[] sizes = [.. windows.Where(window => window < int.MaxValue).Distinct()];
        bool isKnown = sizes.Length == 1 && windows.Select((window, layer) => (window, layer))
            .All(each => (each.window < int.MaxValue) == ((each.layer + 1) % dialect.WindowPeriod != 0));
        if (!isKnown)
        {
            throw refusal.Of($"llama.cpp takes all layers of a {dialect.Name} but every {dialect.WindowPeriod}th to "
                + $"have one sliding window, and here it is otherwise");
        }

        metadata.Set(Key("attention.sliding_window"), sizes[0]);
    }

    private void WriteScales()
    {
        Write(dialect.EmbeddingScale, "embedding_scale", model.Embedding.Multiplier, "its token vectors are scaled");
        Write(dialect.LogitScale, "logit_scale", model.Head.Scale, "its logits are scaled");
        float residual = model.Layers[0].ResidualMultiplier;
        if (model.Layers.Any(layer => layer.ResidualMultiplier != residual)
            || (residual != 1 && !dialect.HasMultipliers))
        {
            throw refusal.Of("what its blocks add to the residual stream is scaled");
        }

        if (dialect.HasMultipliers)
        {
            metadata.Set(Key("residual_scale"), residual);
            metadata.Set(Key("attention.scale"), attention.Scale);
        }
    }

    private void Write(GgufScale scale, string key, float value, string reason)
    {
        switch (scale)
        {
            case GgufScale.Multiplied:
                metadata.Set(Key(key), value);
                break;
            case GgufScale.Divided:
                metadata.Set(Key(key), 1 / value);
                break;
            case GgufScale.ByWidth when Math.Abs(value / Math.Sqrt(model.HiddenSize) - 1) < 0.01:
            case GgufScale.None when value == 1:
                break;
            default:
                throw refusal.Of(reason + " in a way that llama.cpp does not know for it");
        }
    }

    private void WriteCaps()
    {
        if (!dialect.HasCaps)
        {
            if (attention.Cap is not null || model.Head.Cap is not null)
            {
                throw refusal.Of("its scores or logits are capped");
            }

            return;
        }

        metadata.Set(
            Key("attn_logit_softcapping"),
            attention.Cap ?? throw refusal.Of("its scores are not capped, and llama.cpp caps them"));
        metadata.Set(
            Key("final_logit_softcapping"),
            model.Head.Cap ?? throw refusal.Of("its logits are not capped, and llama.cpp caps them"));
    }
}
