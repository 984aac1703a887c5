namespace SparseLlm.Numerics;

/// <summary>The codes of quantised weights: whole numbers, each of which stands for itself times the scale of its
/// group.</summary>
/// <param name="Least">The least code; its magnitude is the greatest there is.</param>
/// <param name="Most">The greatest code.</param>
/// <param name="HasZero">Whether a weight may become zero. Where some are pruned, those that are kept may
/// not.</param>
public readonly record struct CodeRange(int Least, int Most, bool HasZero);
