using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Fitting;

namespace SparseLlm.Pruning.Methods.Importance;

/// <summary>
/// How much a mixer's output depends on each row of its projections, from the dense model: rows compete for one weight
/// budget, and an error in an unimportant row costs less. In units of a standard deviation, mean 1.
/// </summary>
internal interface IRowImportance : IDisposable
{
    /// <summary>Adds tokens: what the dense projections give, in their order, [tokens x outputs] each.</summary>
    void Add(IReadOnlyList<Matrix<float>> projected);

    /// <summary>All that is summed over tokens.</summary>
    IEnumerable<SectionedSum> Sums { get; }

    /// <summary>For each projection a number per row.</summary>
    /// <param name="tokens">How many tokens are in the sums.</param>
    IReadOnlyList<float[]?> Rows(long tokens);

    /// <summary>The importance for a dense mixer.</summary>
    static IRowImportance Of(IBackend backend, StagedMixer dense) => dense switch
    {
        Attention attention => new AttentionImportance(backend, attention),
        FeedForward feedForward => new FeedForwardImportance(backend, feedForward),
        _ => throw new ArgumentException($"There is no importance of rows for {dense.GetType()}.", nameof(dense)),
    };
}
