using System.Globalization;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Layers;

namespace SparseLlm.Pruning.Methods.Mixtures;

/// <summary>
/// The calibration tokens of each expert: those that the router sends to it. An expert that gets fewer than it has
/// inputs, so that its Gram matrix would not even have full rank, is given others of the layer's tokens, evenly spread,
/// until it has as many: that draws its Gram matrix towards the layer's.
/// </summary>
internal sealed class ExpertCalibration
{
    // By expert and chunk.
    private readonly int[][][] rows;
    private readonly int[] routed;
    private readonly int[] wanted;

    private ExpertCalibration(int[][][] rows, int[] routed, int[] wanted)
        => (this.rows, this.routed, this.wanted) = (rows, routed, wanted);

    /// <summary>Routes the tokens of a stream.</summary>
    /// <param name="context">What the layer's prune works with.</param>
    /// <param name="experts">The experts.</param>
    /// <param name="inputs">What runs into them.</param>
    public static ExpertCalibration Of(LayerContext context, Experts experts, ActivationStream inputs)
    {
        int chunks = context.Chunks.FittedCount;
        int[][][] rows = [.. experts.Definition.Experts.Select(_ => new int[chunks][])];
        var lengths = new int[chunks];
        context.ForEachChunk(chunk =>
        {
            using Matrix<float> input = inputs.Read(chunk);
            Routing routing = experts.Route(input);
            lengths[chunk] = input.Rows;
            for (int expert = 0; expert < rows.Length; expert++)
            {
                rows[expert][chunk] = routing.Of(expert).Rows;
            }
        });
        int[] routed = [.. rows.Select(ofChunks => ofChunks.Sum(ofChunk => ofChunk.Length))];
        int[] wanted = [.. experts.Definition.Experts.Select(expert => expert.Linears.Max(linear => linear.Inputs))];
        for (int expert = 0; expert < rows.Length; expert++)
        {
            FillUp(rows[expert], lengths, wanted[expert] - routed[expert]);
        }

        return new ExpertCalibration(rows, routed, wanted);
    }

    /// <summary>The tokens of an expert in a chunk, ascending.</summary>
    public int[] Of(int expert, int chunk) => rows[expert][chunk];

    /// <summary>A sentence about the experts that were given tokens of others; null if there are none.</summary>
    public string? Report(int layer)
    {
        int few = routed.Zip(wanted).Count(pair => pair.First < pair.Second);
        return few == 0 ? null : string.Create(CultureInfo.InvariantCulture,
            $"decoder layer {layer}: {few} of {routed.Length} experts saw fewer calibration tokens than they have "
            + $"inputs (the fewest: {routed.Min()}) and were fitted to other tokens of the layer as well; more "
            + $"calibration data may help");
    }

    private static void FillUp(int[][] rows, int[] lengths, int missing)
    {
        if (missing <= 0)
        {
            return;
        }

        (int chunk, int row)[] others =
            [.. lengths.SelectMany(
                (length, chunk) => Enumerable.Range(0, length).Except(rows[chunk]).Select(row => (chunk, row)))];
        int added = Math.Min(missing, others.Length);
        ILookup<int, int> additions = Enumerable.Range(0, added)
            .Select(i => others[(int)((long)i * others.Length / added)])
            .ToLookup(token => token.chunk, token => token.row);
        for (int chunk = 0; chunk < rows.Length; chunk++)
        {
            rows[chunk] = [.. rows[chunk].Concat(additions[chunk]).Order()];
        }
    }
}
