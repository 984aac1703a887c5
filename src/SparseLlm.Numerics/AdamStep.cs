namespace SparseLlm.Numerics;

/// <summary>One step of Adam (Kingma and Ba 2015, algorithm 1).</summary>
/// <param name="Number">Which step, from 1: the moments start at zero, and this corrects for it.</param>
/// <param name="Rate">Learning rate.</param>
/// <param name="MeanDecay">β1, the decay of the running mean of gradients.</param>
/// <param name="SquareDecay">β2, the decay of the running mean of squared gradients.</param>
/// <param name="Epsilon">Added to the root of the mean square.</param>
public readonly record struct AdamStep(
    int Number,
    double Rate,
    double MeanDecay = 0.9,
    double SquareDecay = 0.95,
    double Epsilon = 1e-8);
