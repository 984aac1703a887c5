using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>Small decoder layers: every mixer, norm and wiring of open models at least once.</summary>
internal static class SampleLayers
{
    public const int Hidden = 8;
    private const int Width = 12;

    private static readonly double[] Frequencies = [1, 0.3];

    public static IReadOnlyDictionary<string, LayerDefinition> All { get; } = new Dictionary<string, LayerDefinition>
    {
        ["layer norms first, ReLU"] = Sequential(
            Attention(bias: true),
            LayerNorm("n1"),
            Plain(Nonlinearity.Relu),
            LayerNorm("n2")),
        ["layer norms of the sums, ReLU"] = new(
            0,
            [
                new(Attention(bias: true)) { SumNorm = LayerNorm("n1") },
                new(Plain(Nonlinearity.Relu)) { SumNorm = LayerNorm("n2") },
            ]),
        ["shared key-value heads, rotary, RMS norms, SwiGLU"] = Sequential(
            Grouped() with { Rotary = new(Frequencies) }, RmsNorm("n1"), Gated(Nonlinearity.Silu), RmsNorm("n2")),
        ["a window"] = Sequential(
            Grouped() with { Rotary = new(Frequencies), Window = 2 }, RmsNorm("n1"), Gated(Nonlinearity.Silu), RmsNorm(
                "n2")),
        ["queries and keys normalised by head"] = Sequential(
            Grouped() with
            {
                Rotary = new(Frequencies),
                QueryNorm = RmsNorm("q_norm", 4),
                KeyNorm = RmsNorm("k_norm", 4)
            },
            RmsNorm("n1"),
            Gated(Nonlinearity.Silu),
            RmsNorm("n2")),
        ["queries and keys normalised by head, gains of each head in tensors of their own"] = Sequential(
            Grouped() with
            {
                Rotary = new(Frequencies),
                QueryNorm = new(
                    NormKind.LayerNorm,
                    4,
                    1e-5f,
                    [.. Enumerable.Range(0, 4).Select(head => TensorSlice.Vector($"q_norm.{head}", 4))]),
                KeyNorm = new(
                    NormKind.LayerNorm,
                    4,
                    1e-5f,
                    [.. Enumerable.Range(0, 2).Select(head => TensorSlice.Vector($"k_norm.{head}", 4))]),
            },
            LayerNorm("n1"),
            Gated(Nonlinearity.Silu),
            LayerNorm("n2")),
        ["queries and keys normalised by head, gains of each head in one tensor"] = Sequential(
            Grouped() with
            {
                Rotary = new(Frequencies, RotaryPairing.Interleaved),
                QueryNorm = new(NormKind.LayerNorm, 4, 1e-5f, [TensorSlice.Matrix("q_norm", 4, 4)]),
                KeyNorm = new(NormKind.LayerNorm, 4, 1e-5f, [TensorSlice.Matrix("k_norm", 2, 4)]),
            },
            LayerNorm("n1", hasBias: false),
            Gated(Nonlinearity.Silu),
            LayerNorm("n2", hasBias: false)),
        ["queries and keys normalised by head, with biases"] = Sequential(
            Attention(bias: true) with
            {
                Rotary = new([0.8]),
                QueryNorm = NormDefinition.LayerNorm("q_norm", 4, 1e-5f),
                KeyNorm = NormDefinition.LayerNorm("k_norm", 4, 1e-5f),
            },
            LayerNorm("n1"),
            Plain(Nonlinearity.GeluTanh),
            LayerNorm("n2")),
        ["queries and keys normalised over all heads, norms of outputs alone"] = new(
            0,
            [
                new(Grouped() with { Rotary = new(Frequencies), QueryNorm = RmsNorm("q_norm", 16), KeyNorm = RmsNorm(
                    "k_norm",
                    8) }) { OutputNorm = RmsNorm("n1") },
                new(Gated(Nonlinearity.Silu)) { OutputNorm = RmsNorm("n2") },
            ]),
        ["norms around mixers, gains from 1, capped and scaled scores, gated GELU"] = new(
            0,
            [
                new(Grouped() with { Rotary = new(Frequencies), Window = 3, Scale = 0.7f, Cap = 1.5f })
                {
                    InputNorm = Shifted("n1"),
                    OutputNorm = Shifted("n2"),
                },
                new(Gated(Nonlinearity.GeluTanh)) { InputNorm = Shifted("n3"), OutputNorm = Shifted("n4") },
            ]),
        ["parallel with two norms, partial rotary, GELU"] = new(
            0,
            [
                new(Attention(bias: true) with { Rotary = new([0.8]) }) { InputNorm = LayerNorm("n1") },
                new(Plain(Nonlinearity.Gelu)) { InputNorm = LayerNorm("n2") },
            ],
            Wiring.Parallel),
        ["parallel with a shared norm, partial interleaved rotary, approximate GELU"] = Shared(
            LayerNorm("n"), Attention(bias: false) with { Rotary = new([0.8], RotaryPairing.Interleaved) }, Plain(
                Nonlinearity.GeluTanh)),
        ["parallel with a shared norm, interleaved rotary, SwiGLU"] = Shared(
            LayerNorm("n", hasBias: false), Grouped() with
            {
                Rotary = new(Frequencies, RotaryPairing.Interleaved)
            }, Gated(Nonlinearity.Silu)),
        ["parallel with norms of outputs and sums"] = new(
            0,
            [
                new(Attention(bias: true)) { OutputNorm = RmsNorm("n1"), SumNorm = LayerNorm("n2") },
                new(Plain(Nonlinearity.Silu)) { InputNorm = RmsNorm("n3"), SumNorm = RmsNorm("n4") },
            ],
            Wiring.Parallel,
            ResidualMultiplier: 0.6f),
        ["layer norms without parameters, approximate GELU by a sigmoid"] = Sequential(
            Attention(bias: false) with { Rotary = new(Frequencies) },
            NormDefinition.LayerNorm("n1", Hidden, 1e-5f, isAffine: false),
            Plain(Nonlinearity.QuickGelu),
            NormDefinition.LayerNorm("n2", Hidden, 1e-5f, isAffine: false)),
        ["a residual multiplier"] = Sequential(
            Grouped() with { Rotary = new(Frequencies), Scale = 0.125f }, RmsNorm("n1"), Gated(Nonlinearity.Silu),
            RmsNorm("n2")) with
        { ResidualMultiplier = 0.22f },
        ["frequencies of long sequences, scaled cosines and sines"] = Sequential(
            Grouped() with { Rotary = new([5, 7], Factor: 1.2, Long: new LongRotary(4, Frequencies)) }, RmsNorm("n1"),
            Gated(Nonlinearity.Relu), RmsNorm("n2")),
        ["sinks, experts with biases, clamped SwiGLU"] = Sequential(
            Grouped(bias: true) with
            {
                Rotary = new(Frequencies, Factor: 1.2),
                Window = 3,
                Sinks = TensorSlice.Vector("sinks", 4)
            },
            RmsNorm("n1"),
            Experts(Nonlinearity.ClampedSwish, normalizes: true, bias: true),
            RmsNorm("n2")),
        ["experts whose weights are not normalised"] = Sequential(
            Grouped() with { Rotary = new(Frequencies) }, RmsNorm("n1"), Experts(
                Nonlinearity.Silu,
                normalizes: false,
                bias: false), RmsNorm("n2")),
    };

    public static LayerDefinition Sequential(
        MixerDefinition attention,
        NormDefinition first,
        MixerDefinition feedForward,
        NormDefinition second) =>
        new(0, [new(attention) { InputNorm = first }, new(feedForward) { InputNorm = second }]);

    private static LayerDefinition Shared(NormDefinition norm, MixerDefinition attention, MixerDefinition feedForward)
        =>
        Sequential(attention, norm, feedForward, norm) with { Wiring = Wiring.Parallel };

    private static AttentionDefinition Attention(bool bias) => new(
        new("q", Hidden, Hidden, bias), new("k", Hidden, Hidden, bias), new("v", Hidden, Hidden, bias), new(
            "o",
            Hidden,
            Hidden,
            bias), 2, 2, 4);

    private static AttentionDefinition Grouped(bool bias = false) => new(
        new("q", Hidden, 16, bias), new("k", Hidden, 8, bias), new("v", Hidden, 8, bias), new(
            "o",
            16,
            Hidden,
            bias), 4, 2, 4);

    private static FeedForwardDefinition Plain(Nonlinearity function) =>
        new(new(function), Gate: null, new("up", Hidden, Width, true), new("down", Width, Hidden, true));

    private static FeedForwardDefinition Gated(Nonlinearity function, string prefix = "", bool bias = false) => new(
        new(function), new(prefix + "gate", Hidden, Width, bias), new(prefix + "up", Hidden, Width, bias), new(
            prefix + "down",
            Width,
            Hidden,
            bias));

    private static ExpertsDefinition Experts(Nonlinearity function, bool normalizes, bool bias) => new(
        new LinearDefinition("router", Hidden, 5, bias) { StaysDense = true },
        [.. Enumerable.Range(0, 5).Select(expert => Gated(function, $"{expert}.", bias))],
        ExpertsPerToken: 2,
        normalizes);

    private static NormDefinition LayerNorm(string name, bool hasBias = true)
        => NormDefinition.LayerNorm(name, Hidden, 1e-5f, hasBias: hasBias);

    private static NormDefinition RmsNorm(string name, int width = Hidden)
        => NormDefinition.RmsNorm(name, width, 1e-6f);

    private static NormDefinition Shifted(string name) => NormDefinition.RmsNorm(name, Hidden, 1e-6f, gainOffset: 1);
}
