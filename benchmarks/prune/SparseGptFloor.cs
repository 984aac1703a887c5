using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>
/// The arithmetic that a SparseGPT prune cannot do without, by the shapes alone. Memory traffic is left out: a token
/// takes hundreds of operations for each byte of its activations.
/// </summary>
internal sealed record SparseGptFloor(SyntheticModel Model, int Tokens, int Length)
{
    /// <summary>
    /// The seconds it takes at these rates. Each token passes each layer before it is pruned, up to the inputs of the
    /// last matrix, and each but the last once more, for the layer behind it.
    /// </summary>
    public double Seconds(MachineRates rates) =>
        (Model.Layers * (Forward - Down + Grams + Sweeps) + (Model.Layers - 1) * Forward) / rates.Single
            + Model.Layers * Factors / rates.Double;

    private double Weights => Model.LayerBytes / sizeof(float);

    /// <summary>Linear layers, and attention over the half of the pairs of tokens that is not masked.</summary>
    private double Forward => 2.0 * Tokens * Weights + 2.0 * Tokens * Length * Model.Hidden;

    private double Down => 2.0 * Tokens * Model.Hidden * Model.FeedForward;

    /// <summary>The upper triangles of the Gram matrices of q, k and v's inputs, of the output projection's, of up's
    /// and of down's.</summary>
    private double Grams => Tokens * Sum(width => width * width);

    /// <summary>U from H, in double precision.</summary>
    private double Factors => Sum(width => 2.0 / 3 * width * width * width);

    /// <summary>Every weight tells of its error to the columns after it.</summary>
    private double Sweeps =>
        (Weights - (double)Model.Hidden * Model.FeedForward) * Model.Hidden
            + (double)Model.Hidden * Model.FeedForward * Model.FeedForward;

    private double Sum(Func<double, double> cost) => 3 * cost(Model.Hidden) + cost(Model.FeedForward);
}
