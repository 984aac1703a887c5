using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded mixture of experts: its router. The experts are loaded one at a time, since all of them are far
/// larger than any other block.</summary>
/// <param name="backend">Where it lives.</param>
/// <param name="definition">Names and shapes.</param>
/// <param name="router">The router, which is the mixer's from here on.</param>
/// <param name="load">Loads an expert by its place.</param>
public sealed class Experts(
    IBackend backend,
    ExpertsDefinition definition,
    Linear router,
    Func<int, FeedForward> load) : Mixer
{
    /// <summary>Names and shapes.</summary>
    public ExpertsDefinition Definition { get; } = definition;

    /// <summary>The router.</summary>
    public Linear Router { get; } = router;

    /// <summary>The router: the experts are not in memory.</summary>
    public override IEnumerable<Linear> Linears => [Router];

    /// <summary>An expert as it is now; the caller disposes it.</summary>
    public FeedForward Load(int expert) => load(expert);

    /// <summary>Which experts the tokens of an input [tokens x hidden] go through.</summary>
    public Routing Route(Matrix<float> input)
    {
        using Matrix<float> logits = Router.Apply(input);
        var host = new float[logits.Length];
        backend.Download<float>(logits, host);
        return Routing.Of(Definition, host);
    }

    /// <inheritdoc/>
    public override Matrix<float> Forward(Matrix<float> input, int sequenceLength) => Forward(input, look: null);

    /// <summary>The mixer's output for its input [tokens x hidden]; a new matrix.</summary>
    /// <param name="input">[tokens x hidden].</param>
    /// <param name="look">Shown, for each expert that has tokens, its place, them, and what it gives for them, before
    /// the router's weights.</param>
    public Matrix<float> Forward(Matrix<float> input, Action<int, ExpertTokens, Matrix<float>>? look)
    {
        Routing routing = Route(input);
        Matrix<float> sum = backend.Allocate<float>(input.Rows, input.Columns);
        for (int expert = 0; expert < Definition.Experts.Count; expert++)
        {
            ExpertTokens tokens = routing.Of(expert);
            if (tokens.Rows.Length == 0)
            {
                continue;
            }

            using FeedForward loaded = Load(expert);
            using Matrix<float> routed = Gather(input, tokens.Rows);
            using Matrix<float> output = loaded.Forward(routed, sequenceLength: 1);
            look?.Invoke(expert, tokens, output);
            backend.AddToRows(sum, tokens.Rows, tokens.Weights, output);
        }

        return sum;
    }

    /// <summary>Some rows of a matrix, as a new one.</summary>
    public Matrix<float> Gather(Matrix<float> input, int[] rows)
    {
        Matrix<float> gathered = backend.AllocateUninitialized<float>(rows.Length, input.Columns);
        backend.Embed(input, rows, gathered);
        return gathered;
    }

    /// <inheritdoc/>
    public override void Dispose() => Router.Dispose();
}
