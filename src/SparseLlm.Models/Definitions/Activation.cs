using SparseLlm.Numerics;

namespace SparseLlm.Models.Definitions;

/// <summary>
/// What happens between the two halves of a feed-forward block: hidden = f(up), or f(gate) ⊙ up in a gated one.
/// Everything that a prune has to know of it is here.
/// </summary>
/// <param name="Function">f.</param>
public sealed record Activation(Nonlinearity Function)
{
    /// <summary>The activation that <c>config.json</c> calls by a name of transformers' ACT2FN; null for one that is
    /// not supported.</summary>
    public static Activation? Named(string name) => name switch
    {
        "relu" => new(Nonlinearity.Relu),
        "silu" or "swish" => new(Nonlinearity.Silu),
        "gelu" => new(Nonlinearity.Gelu),
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => new(Nonlinearity.GeluTanh),
        "quick_gelu" => new(Nonlinearity.QuickGelu),
        _ => null,
    };

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; }
        = ["relu", "silu", "swish", "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "quick_gelu"];

    /// <summary>Turns pre-activations into hidden activations, in place of <paramref name="up"/> [tokens x feed-forward
    /// size].</summary>
    public void Apply(IBackend backend, Matrix<float>? gate, Matrix<float> up)
    {
        if (gate is null)
        {
            backend.Activate(Function, up, up);
        }
        else
        {
            backend.ActivateGated(Function, gate, up, up);
        }
    }

    /// <summary>Whether <see cref="Backward"/> needs the pre-activations: of ReLU without a gate, the hidden
    /// activations say enough.</summary>
    public bool NeedsPreactivations(bool isGated) => isGated || Function != Nonlinearity.Relu;

    /// <summary>The derivative through <see cref="Apply"/>.</summary>
    /// <param name="backend">Where everything lives.</param>
    /// <param name="gate">The gate's pre-activations, where there is a gate.</param>
    /// <param name="up">The pre-activations of up, or the hidden activations where those say enough.</param>
    /// <param name="gradient">The hidden activations' gradient; receives that of <paramref name="up"/>.</param>
    /// <param name="gateGradient">Receives that of the gate.</param>
    public void Backward(
        IBackend backend,
        Matrix<float>? gate,
        Matrix<float> up,
        Matrix<float> gradient,
        Matrix<float>? gateGradient)
    {
        if (gate is null)
        {
            backend.ActivationGradient(Function, up, gradient, gradient);
        }
        else
        {
            backend.GatedActivationGradient(Function, gate, up, gradient, gateGradient!, gradient);
        }
    }

    /// <summary>Adds, per channel, the squares of the hidden activation's derivatives by up and by the gate: how
    /// strongly it depends on either.</summary>
    /// <param name="backend">Where everything lives.</param>
    /// <param name="gate">The gate's pre-activations, where there is a gate.</param>
    /// <param name="up">The pre-activations of up, [tokens x feed-forward size].</param>
    /// <param name="upSensitivity">[1 x feed-forward size].</param>
    /// <param name="gateSensitivity">[1 x feed-forward size].</param>
    public void AccumulateSensitivity(
        IBackend backend, Matrix<float>? gate, Matrix<float> up, Matrix<double> upSensitivity,
        Matrix<double> gateSensitivity)
    {
        if (gate is null)
        {
            backend.AccumulateSensitivity(Function, up, upSensitivity);
        }
        else
        {
            backend.AccumulateGatedSensitivity(Function, gate, up, upSensitivity, gateSensitivity);
        }
    }

    /// <summary>Whether SparseLLM's updates of the pre-activations are known (Bai et al. 2024, eq. 9 to 11): for ReLU,
    /// and for SiLU behind a gate.</summary>
    public bool HasUpdate(bool isGated) => Function == (isGated ? Nonlinearity.Silu : Nonlinearity.Relu);

    /// <summary>SparseLLM's updates of the auxiliary pre-activations, each to the minimiser with the others fixed (Bai
    /// et al. 2024, eq. 9 to 11).</summary>
    /// <param name="backend">Where everything lives.</param>
    /// <param name="linear">What the block's projections give: of up, and of the gate where there is one.</param>
    /// <param name="hidden">p, the auxiliary hidden activations.</param>
    /// <param name="alpha">Penalty of the pre-activations.</param>
    /// <param name="gamma">Penalty of the hidden activations.</param>
    /// <param name="up">z, the auxiliary pre-activations of up, which are changed.</param>
    /// <param name="gate">s, those of the gate, which are changed.</param>
    public void Update(
        IBackend backend, (Matrix<float> Up, Matrix<float>? Gate) linear, Matrix<float> hidden, float alpha,
        float gamma, Matrix<float> up, Matrix<float>? gate)
    {
        if (gate is null)
        {
            backend.UpdateReluPreactivation(linear.Up, hidden, alpha, gamma, up);
            return;
        }

        backend.UpdateSwiGluUp(linear.Up, gate, hidden, alpha, gamma, up);
        backend.UpdateSwiGluGate(linear.Gate!, up, hidden, alpha, gamma, gate);
    }
}
