using SparseLlm.Models.Definitions;
using SparseLlm.Pruning.Patterns;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>How many bits a weight takes in the matrices that a cell prunes or quantises, everything counted.</summary>
internal static class StoredBits
{
    private const int DenseBits = 16;
    private const int MaskBits = 1;
    private const int OffsetBits = 32;

    /// <summary>The mean over the matrices of a model.</summary>
    public static double PerWeight(Cell cell, ModelDefinition model)
    {
        SparsityPattern pattern = cell.ParsePattern();
        double kept = 1 - pattern.Sparsity;
        double values = cell.FindCodes()?.BitsPerWeight(kept) ?? kept * DenseBits;
        return kept == 1 ? values
            : pattern is SparsityPattern.Groups ? values + MaskBits
            : values + MaskBits + OffsetBits / Columns(model);
    }

    /// <summary>Weights for each row.</summary>
    private static double Columns(ModelDefinition model)
    {
        LinearDefinition[] linears = [.. model.Layers.SelectMany(layer => layer.Linears)];
        return linears.Sum(linear => (double)linear.Outputs * linear.Inputs) / linears.Sum(linear => linear.Outputs);
    }
}
