using SparseLlm.Models;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// How calibration windows are grouped into chunks. The grouping depends on the window length alone, never on the
/// machine: it decides where single-precision sums end, so it is part of the result. Windows that are held back from
/// all fits come last, in chunks of their own.
/// </summary>
/// <param name="tokens">The windows.</param>
/// <param name="store">Where what is made of them is kept.</param>
/// <param name="heldBack">How many of them, from the last one on, are held back.</param>
public sealed class TokenChunks(CalibrationTokens tokens, MatrixStore store, int heldBack = 0)
{
    private const int TokensPerChunk = 4096;
    private const int HeldBackShare = 16;

    private readonly int windowsPerChunk = Math.Max(1, TokensPerChunk / tokens.SequenceLength);

    /// <summary>Where what is made of the windows is kept.</summary>
    public MatrixStore Store => store;

    /// <summary>Tokens per window.</summary>
    public int SequenceLength => tokens.SequenceLength;

    /// <summary>Number of chunks.</summary>
    public int Count => FittedCount + ChunksOf(heldBack);

    /// <summary>Number of chunks that fits may see. They come first.</summary>
    public int FittedCount => ChunksOf(tokens.Windows - heldBack);

    /// <summary>
    /// How many windows to hold back where fits are to be judged on others: a sixteenth, rounded down. Of fewer than
    /// sixteen windows none is, because the fits would lose more by its absence than they gain by being judged.
    /// </summary>
    public static int WindowsToHoldBack(int windows) => windows / HeldBackShare;

    /// <summary>The token ids of a chunk, whole windows.</summary>
    public ReadOnlySpan<int> Ids(int chunk)
    {
        bool isFitted = chunk < FittedCount;
        int fitted = tokens.Windows - heldBack;
        int first = isFitted ? chunk * windowsPerChunk : fitted + (chunk - FittedCount) * windowsPerChunk;
        int count = Math.Min(windowsPerChunk, (isFitted ? fitted : tokens.Windows) - first);
        return tokens.Ids.AsSpan(first * tokens.SequenceLength, count * tokens.SequenceLength);
    }

    /// <summary>A stream with a place for every chunk, to be filled.</summary>
    public ActivationStream Stream() => new(store, Count);

    /// <summary>The residual stream at the model's first layer.</summary>
    public ActivationStream Embed(DecoderModel model)
    {
        ActivationStream stream = Stream();
        try
        {
            for (int chunk = 0; chunk < Count; chunk++)
            {
                stream.Put(chunk, model.Embed(Ids(chunk), SequenceLength));
            }

            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private int ChunksOf(int windows) => (windows + windowsPerChunk - 1) / windowsPerChunk;
}
