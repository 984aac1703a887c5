using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>The functions of feed-forward blocks, as their papers write them, in double precision.</summary>
internal static class SlowActivation
{
    /// <summary>A hidden activation: of up, or of the gate times up.</summary>
    public static double Hidden(Activation activation, double? gate, double up) => (activation.Function, gate) switch
    {
        (Nonlinearity.ClampedSwish, { } x) => Math.Min(x, 7) * Sigmoid(1.702 * Math.Min(x, 7))
            * (Math.Clamp(up, -7, 7) + 1),
        (_, { } x) => Of(activation.Function, x) * up,
        (_, null) => Of(activation.Function, up),
    };

    private static double Of(Nonlinearity function, double x) => function switch
    {
        Nonlinearity.Relu => Math.Max(x, 0),
        Nonlinearity.Silu => x * Sigmoid(x),
        Nonlinearity.Gelu => x * (1 + Erf(x / Math.Sqrt(2))) / 2,
        Nonlinearity.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        Nonlinearity.QuickGelu => x * Sigmoid(1.702 * x),
        _ => throw new ArgumentException($"{function}", nameof(function)),
    };

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>The series 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), in which nothing cancels.</summary>
    private static double Erf(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
