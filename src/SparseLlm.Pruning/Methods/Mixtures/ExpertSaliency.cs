using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Methods.Mixtures;

/// <summary>The saliencies of a mixture's experts, added up over tokens (see <see cref="ExpertSelection"/>).</summary>
internal sealed class ExpertSaliency(IBackend backend, int experts)
{
    private readonly double[] sums = new double[experts];
    private readonly long[] tokens = new long[experts];

    /// <summary>Adds tokens of an expert.</summary>
    /// <param name="expert">Its place.</param>
    /// <param name="routed">The tokens.</param>
    /// <param name="output">What it gives for them, [tokens x hidden].</param>
    public void Add(int expert, ExpertTokens routed, Matrix<float> output)
    {
        var squares = new double[output.Rows];
        backend.RowDots(output, output, squares);
        for (int i = 0; i < squares.Length; i++)
        {
            sums[expert] += routed.Weights[i] * Math.Sqrt(squares[i]);
        }

        tokens[expert] += squares.Length;
    }

    /// <summary>The places of the experts with the highest means, ascending. An expert without tokens has none; of
    /// equals the first stay.</summary>
    public IReadOnlyList<int> Highest(int count) =>
        [.. Enumerable.Range(0, experts)
            .OrderByDescending(expert => tokens[expert] == 0 ? 0 : sums[expert] / tokens[expert])
            .Take(count)
            .Order()];
}
