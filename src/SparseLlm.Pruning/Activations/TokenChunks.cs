using SparseLlm.Models;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// How calibration windows are grouped into chunks. The grouping depends on the window length alone, never on the
/// machine: it decides where single-precision sums end, so it is part of the result. So is the grouping of chunks into
/// sections, which are summed apart. Windows that are held back from all fits come last, in chunks of their own.
/// </summary>
/// <param name="tokens">The windows.</param>
/// <param name="store">Where what is made of them is kept.</param>
/// <param name="heldBack">How many of them, from the last one on, are held back.</param>
/// <param name="share">Which sections this process takes, where several prune together; null for all.</param>
public sealed class TokenChunks(
    CalibrationTokens tokens,
    MatrixStore store,
    int heldBack = 0,
    IWindowShare? share = null)
{
    private const int TokensPerChunk = 4096;
    private const int LeastChunksPerSection = 8;
    private const int MostSections = 16;
    private const int HeldBackShare = 16;

    private readonly int windowsPerChunk = WindowsPerChunk(tokens.SequenceLength);

    /// <summary>Where what is made of the windows is kept.</summary>
    public MatrixStore Store => store;

    /// <summary>Tokens per window.</summary>
    public int SequenceLength => tokens.SequenceLength;

    /// <summary>Number of chunks.</summary>
    public int Count => FittedCount + ChunksOf(heldBack);

    /// <summary>Number of chunks that fits may see. They come first.</summary>
    public int FittedCount => ChunksOf(tokens.Windows - heldBack);

    /// <summary>Which sections this process takes, where several prune together; null for all.</summary>
    public IWindowShare? Share => share;

    /// <summary>Number of sections that the fitted chunks are grouped into, of the same number of chunks each but for
    /// the last.</summary>
    public int Sections => (FittedCount + ChunksPerSection - 1) / ChunksPerSection;

    /// <summary>Number of tokens that fits may see, in all processes.</summary>
    public long FittedTokens => (long)(tokens.Windows - heldBack) * tokens.SequenceLength;

    /// <summary>Whether so many windows may be summed in more than one section.</summary>
    public static bool HasSections(int windows, int sequenceLength)
        => windows > LeastChunksPerSection * WindowsPerChunk(sequenceLength);

    private int ChunksPerSection => Math.Max(LeastChunksPerSection, (FittedCount + MostSections - 1) / MostSections);

    /// <summary>The chunks of a section.</summary>
    public IEnumerable<int> OfSection(int section)
    {
        int first = section * ChunksPerSection;
        return Enumerable.Range(first, Math.Min(ChunksPerSection, FittedCount - first));
    }

    /// <summary>Whether this process takes a chunk through the layers. Those that are held back, all do: what is
    /// decided by them is decided everywhere.</summary>
    public bool IsHere(int chunk) => share is null || chunk >= FittedCount || share.Takes(chunk / ChunksPerSection);

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
                if (IsHere(chunk))
                {
                    stream.Put(chunk, model.Embed(Ids(chunk), SequenceLength));
                }
            }

            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static int WindowsPerChunk(int sequenceLength) => Math.Max(1, TokensPerChunk / sequenceLength);

    private int ChunksOf(int windows) => (windows + windowsPerChunk - 1) / windowsPerChunk;
}
