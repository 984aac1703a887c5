using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>Lays a decoder out as the tensors of a GGUF file.</summary>
internal sealed class DecoderTensors
{
    private readonly ModelDefinition model;
    private readonly GgufDialect dialect;
    private readonly TensorTypes types;
    private readonly Refusal refusal;
    private readonly List<DecoderTensor> tensors = [];

    private DecoderTensors(ModelDefinition model, GgufDialect dialect, TensorTypes types, Refusal refusal) =>
        (this.model, this.dialect, this.types, this.refusal) = (model, dialect, types, refusal);

    /// <summary>The tensors, in the order of a forward pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dialect">How its family is written.</param>
    /// <param name="type">The type of its matrices.</param>
    /// <param name="tableBits">Bits of the codes that its tables of tokens consist of already; null where they do
    /// not.</param>
    /// <param name="refusal">What is said of a model that cannot be written.</param>
    public static IReadOnlyList<DecoderTensor> Of(
        ModelDefinition model,
        GgufDialect dialect,
        GgufElementType type,
        int? tableBits,
        Refusal refusal)
    {
        bool isTied = model.Head.Tokens.Name == model.Embedding.Tokens.Name && dialect.Head != GgufHead.Own;
        var layout = new DecoderTensors(model, dialect, new TensorTypes(type, isTied, tableBits), refusal);
        layout.AddEmbedding();
        foreach (LayerDefinition layer in model.Layers)
        {
            layout.AddLayer(layer);
        }

        layout.AddHead(isTied);
        layout.AddFrequencyFactors();
        return layout.tensors;
    }

    private void AddEmbedding()
    {
        EmbeddingDefinition embedding = model.Embedding;
        if (embedding.Projection is not null || model.Head.Projection is not null || embedding.PositionOffset != 0)
        {
            throw refusal.Of("it has projections beside its token table, or positions that are moved");
        }

        Add("token_embd.weight", new TensorPart(new TensorSlice(embedding.Tokens)));
        if (embedding.Positions is { } positions)
        {
            Add("position_embd.weight", new TensorPart(new TensorSlice(positions)));
        }
    }

    private void AddHead(bool isTied)
    {
        HeadDefinition head = model.Head;
        AddNorm("output_norm", head.Norm ?? throw refusal.Of("it has no norm before its output table"));
        bool isStored = head.Tokens.Name != model.Embedding.Tokens.Name;
        if (isStored && dialect.Head == GgufHead.Tied)
        {
            throw refusal.Of($"its output table is not its token table, which it is in all models that llama.cpp knows "
                + $"as {dialect.Name}");
        }

        if (!isTied)
        {
            Add("output.weight", new TensorPart(new TensorSlice(head.Tokens)));
        }

        AddBias("output", head.Bias is null ? [] : [new TensorPart(head.Bias)], [head.Tokens.Rows]);
    }

    private void AddLayer(LayerDefinition layer)
    {
        string prefix = FormattableString.Invariant($"blk.{layer.Index}.");
        if (layer.Blocks is not [{ Mixer: AttentionDefinition } first,
            { Mixer: FeedForwardDefinition or ExpertsDefinition } second])
        {
            throw refusal.Of("its layers are not attention and a feed-forward block");
        }

        bool isShared = ReferenceEquals(first.InputNorm, second.InputNorm);
        AddNorm(prefix, isShared ? "attn_norm" : dialect.AttentionNorm, first.InputNorm);
        AddAttention(prefix, layer.Index, (AttentionDefinition)first.Mixer);
        AddNorm(prefix, "post_attention_norm", first.OutputNorm);
        if (!isShared)
        {
            AddNorm(prefix, dialect.FeedForwardNorm, second.InputNorm);
        }

        if (second.Mixer is ExpertsDefinition experts)
        {
            AddExperts(prefix, experts);
        }
        else
        {
            AddFeedForward(prefix, (FeedForwardDefinition)second.Mixer);
        }

        AddNorm(prefix, "post_ffw_norm", second.OutputNorm);
        if (first.SumNorm is not null || second.SumNorm is not null)
        {
            throw refusal.Of("it has norms behind the residual sums");
        }
    }

    private void AddAttention(string prefix, int layer, AttentionDefinition attention)
    {
        bool reorders = Reorders(attention);

        // A factor of the scores that the runtime does not know goes into the queries; where they are normed, into the
        // gains.
        float factor = dialect.HasMultipliers ? 1 : (float)(attention.Scale / dialect.AttentionScale(model, attention));
        factor = Math.Abs(factor - 1) < 1e-6f ? 1 : factor;
        bool isNormed = attention.QueryNorm is not null;
        (LinearDefinition Linear, int Heads, float Factor)[] projections =
        [
            (attention.Query, reorders ? attention.Heads : 0, isNormed ? 1 : factor),
            (attention.Key, reorders ? attention.KeyValueHeads : 0, 1),
            (attention.Value, 0, 1),
        ];
        if (dialect.FusesQueryKeyValue)
        {
            AddLinear(
                prefix + "attn_qkv",
                [.. projections.Select(part => part.Linear)],
                [.. projections.Select(Weight)],
                [.. projections.Select(Bias).OfType<TensorPart>()]);
        }
        else
        {
            foreach ((string name, var projection) in new[] { "attn_q", "attn_k", "attn_v" }.Zip(projections))
            {
                AddLinear(
                    prefix + name,
                    [projection.Linear],
                    [Weight(projection)],
                    Bias(projection) is { } bias ? [bias] : []);
            }
        }

        AddLinear(prefix + "attn_output", attention.Output);
        AddHeadNorm(prefix, "attn_q_norm", attention.QueryNorm, reorders, factor);
        AddHeadNorm(prefix, "attn_k_norm", attention.KeyNorm, reorders);
        if (attention.Sinks is { } sinks)
        {
            Require(prefix, "attn_sinks");
            Add(prefix + "attn_sinks.weight", new TensorPart(sinks));
        }

        static TensorPart Weight((LinearDefinition Linear, int Heads, float Factor) projection) =>
            new(projection.Linear.Weight) { InterleavedHeads = projection.Heads, Factor = projection.Factor };

        static TensorPart? Bias((LinearDefinition Linear, int Heads, float Factor) projection) =>
            projection.Linear.Bias is { } bias
                ? new TensorPart(bias) { InterleavedHeads = projection.Heads, Factor = projection.Factor }
                : null;
    }

    /// <summary>Whether the model turns channels together that the runtime does not. All layers are reordered alike,
    /// also those that do not turn.</summary>
    private bool Reorders(AttentionDefinition attention)
    {
        if (model.Layers.SelectMany(layer => layer.Blocks).Select(block => (block.Mixer as AttentionDefinition)?.Rotary)
            .OfType<RotaryDefinition>()
            .FirstOrDefault() is not { } rotary
            || rotary.Pairing == dialect.Pairing)
        {
            return false;
        }

        return dialect.Pairing == RotaryPairing.Interleaved
            && 2 * rotary.InverseFrequencies.Count == attention.HeadWidth
            ? true
            : throw refusal.Of("the channels of its heads turn in other pairs than llama.cpp turns them");
    }

    private void AddFeedForward(string prefix, FeedForwardDefinition feedForward)
    {
        RequireActivation(feedForward.Activation);
        if (dialect.FusesGateUp && feedForward.Gate is { } gate)
        {
            LinearDefinition[] both = [gate, feedForward.Up];
            AddLinear(
                prefix + "ffn_up", both, [.. both.Select(linear => new TensorPart(linear.Weight))], [.. both.Select(
                    linear => linear.Bias).OfType<TensorSlice>().Select(bias => new TensorPart(bias))]);
        }
        else
        {
            if (feedForward.Gate is not null)
            {
                AddLinear(prefix + "ffn_gate", feedForward.Gate);
            }

            AddLinear(prefix + "ffn_up", feedForward.Up);
        }

        AddLinear(prefix + "ffn_down", feedForward.Down);
    }

    private void AddExperts(string prefix, ExpertsDefinition experts)
    {
        RequireActivation(experts.Experts[0].Activation);
        if (!experts.NormalizesWeights)
        {
            throw refusal.Of("the weights of the experts that a token goes through do not sum to 1");
        }

        AddLinear(prefix + "ffn_gate_inp", experts.Router);
        Stack("ffn_gate_exps", expert => expert.Gate ?? throw refusal.Of("its experts have no gate"));
        Stack("ffn_up_exps", expert => expert.Up);
        Stack("ffn_down_exps", expert => expert.Down);

        void Stack(string name, Func<FeedForwardDefinition, LinearDefinition> linear)
        {
            LinearDefinition[] all = [.. experts.Experts.Select(linear)];
            Require(prefix, name);
            Add(
                prefix + name + ".weight",
                [all[0].Inputs, all[0].Outputs, all.Length],
                [.. all.Select(each => new TensorPart(each.Weight))]);
            AddBias(
                prefix + name,
                [.. all.Select(each => each.Bias).OfType<TensorSlice>().Select(bias => new TensorPart(bias))],
                [all[0].Outputs, all.Length]);
        }
    }

    private void RequireActivation(Activation activation)
    {
        // llama.cpp computes every GELU by its tanh form.
        Nonlinearity computed = activation.Function == Nonlinearity.Gelu ? Nonlinearity.GeluTanh : activation.Function;
        if (computed != dialect.Activation)
        {
            throw refusal.Of(
                $"its feed-forward blocks have {activation.Function} where llama.cpp computes {dialect.Activation}");
        }
    }

    private void AddLinear(string name, LinearDefinition linear) =>
        AddLinear(
            name,
            [linear],
            [new TensorPart(linear.Weight)],
            linear.Bias is null ? [] : [new TensorPart(linear.Bias)]);

    private void AddLinear(string name, LinearDefinition[] linears, TensorPart[] weights, TensorPart[] biases)
    {
        int split = name.LastIndexOf('.') + 1;
        Require(name[..split], name[split..]);
        long outputs = linears.Sum(linear => (long)linear.Outputs);
        Add(name + ".weight", [linears[0].Inputs, outputs], weights);
        AddBias(name, biases, [outputs]);
    }

    private void AddNorm(string prefix, string name, NormDefinition? norm)
    {
        if (norm is not null)
        {
            Require(prefix, name);
            AddNorm(prefix + name, norm);
        }
    }

    private void AddNorm(string name, NormDefinition norm)
    {
        Add(name + ".weight", norm);
        AddBias(name, norm.Bias is null ? [] : [new TensorPart(norm.Bias)], [norm.Width]);
    }

    private void AddHeadNorm(string prefix, string name, NormDefinition? norm, bool reorders, float factor = 1)
    {
        if (norm is null)
        {
            return;
        }

        Require(prefix, name);
        if (reorders)
        {
            throw refusal.Of(
                "its queries and keys are normed before they turn, in other pairs than llama.cpp turns them");
        }

        if (model.Layers.Count < dialect.LayersWithQueryKeyNorms)
        {
            throw refusal.Of($"llama.cpp reads norms of queries and keys only from models of "
                + $"{dialect.LayersWithQueryKeyNorms} layers and more");
        }

        Add(prefix + name + ".weight", norm, factor);
        AddBias(prefix + name, norm.Bias is null ? [] : [new TensorPart(norm.Bias) { Factor = factor }], [norm.Width]);
    }

    /// <summary>The gains of a norm: a vector, or one for each head.</summary>
    private void Add(string name, NormDefinition norm, float factor = 1)
    {
        long count = norm.Gain.Sum(gain => (long)gain.Rows * gain.Columns);
        long[] dimensions = count > norm.Width ? [norm.Width, count / norm.Width] : [norm.Width];
        if (norm.Gain.Count == 0)
        {
            tensors.Add(new DecoderTensor(name, dimensions, GgufElementType.F32)
            {
                Values = [.. Enumerable.Repeat(factor, norm.Width)]
            });
            return;
        }

        Add(
            name,
            dimensions,
            [.. norm.Gain.Select(gain => new TensorPart(gain) { Offset = norm.GainOffset, Factor = factor })]);
    }

    private void AddBias(string name, IReadOnlyList<TensorPart> parts, long[] dimensions)
    {
        string key = name[(name.LastIndexOf('.') + 1)..];
        if (parts.Count > 0)
        {
            if (!dialect.Biases.Contains(key) && !dialect.RequiredBiases.Contains(key))
            {
                throw refusal.Of($"it has biases where llama.cpp reads none ({key})");
            }

            Add(name + ".bias", dimensions, parts);
        }
        else if (dialect.RequiredBiases.Contains(key))
        {
            tensors.Add(new DecoderTensor(name + ".bias", dimensions, GgufElementType.F32)
            {
                Values = new float[dimensions.Aggregate(1L, (product, dimension) => product * dimension)]
            });
        }
    }

    private void Require(string prefix, string name)
    {
        if (!dialect.Tensors.Contains(name))
        {
            throw refusal.Of($"it has tensors that llama.cpp does not read ({prefix}{name})");
        }
    }

    /// <summary>What the frequencies of pairs are divided by, where the runtime reads that.</summary>
    private void AddFrequencyFactors()
    {
        if (DecoderRotary.Of(model) is not { } rotary)
        {
            return;
        }

        if (dialect.HasLongFactors && rotary.Long is { } other)
        {
            AddFactors("rope_factors_long.weight", rotary, other.InverseFrequencies);
            AddFactors("rope_factors_short.weight", rotary, rotary.InverseFrequencies);
        }
        else if (dialect.HasFrequencyFactors && DecoderRotary.NeedsFactors(rotary))
        {
            AddFactors("rope_freqs.weight", rotary, rotary.InverseFrequencies);
        }
    }

    private void AddFactors(string name, RotaryDefinition rotary, IReadOnlyList<double> frequencies) =>
        tensors.Add(new DecoderTensor(name, [frequencies.Count], GgufElementType.F32)
        {
            Values = [.. frequencies.Select((frequency, pair) => (float)(rotary.Unscaled(pair) / frequency))]
        });

    private void Add(string name, TensorPart part) =>
        Add(name, part.Slice.Tensor.IsVector ? [part.Slice.Columns] : [part.Slice.Columns, part.Slice.Rows], [part]);

    private void Add(string name, IReadOnlyList<long> dimensions, IReadOnlyList<TensorPart> parts) =>
        tensors.Add(new DecoderTensor(name, dimensions, types.Of(name, dimensions)) { Parts = parts });
}
