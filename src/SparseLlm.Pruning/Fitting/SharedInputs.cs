using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Solvers;

namespace SparseLlm.Pruning.Fitting;

/// <summary>
/// What runs into the first layer's q, k and v is the same in every prune of a model with the same settings and
/// calibration tokens, however sparse: a sweep over sparsities sums up and factorises it once.
/// </summary>
/// <param name="settings">The settings of these prunes.</param>
/// <param name="tokens">Their calibration windows.</param>
public sealed class SharedInputs(PruningSettings settings, CalibrationTokens tokens) : IDisposable
{
    private readonly Dictionary<bool, InputGram> grams = [];
    private TokenSums? sums;

    /// <summary>Whether a prune may use this.</summary>
    public bool Fits(PruningSettings otherSettings, CalibrationTokens otherTokens) =>
        settings == otherSettings && tokens.SequenceLength == otherTokens.SequenceLength
            && tokens.Ids.AsSpan().SequenceEqual(otherTokens.Ids);

    /// <summary>The sums over all tokens, if a prune has completed them.</summary>
    internal TokenSums? Sums => sums;

    /// <summary>The Gram matrix with its factorisations, if a prune has left one.</summary>
    /// <param name="centred">Whether sums are taken around the means.</param>
    internal InputGram? Gram(bool centred) => grams.GetValueOrDefault(centred);

    /// <summary>Keeps completed sums for the next prune.</summary>
    internal void Keep(TokenSums completed) => sums = completed;

    /// <summary>Keeps a Gram matrix for the next prune.</summary>
    internal void Keep(bool centred, InputGram gram) => grams[centred] = gram;

    /// <inheritdoc/>
    public void Dispose()
    {
        sums?.Dispose();
        foreach (InputGram gram in grams.Values)
        {
            gram.Dispose();
        }
    }
}
