using SparseLlm.Models;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Activations;

/// <summary>
/// How calibration windows are grouped into chunks. The grouping depends on the window length alone, never on the machine:
/// it decides where single-precision sums end, so it is part of the result.
/// </summary>
public sealed class TokenChunks(CalibrationTokens tokens)
{
    private const int TokensPerChunk = 4096;

    private readonly int windowsPerChunk = Math.Max(1, TokensPerChunk / tokens.SequenceLength);

    /// <summary>Tokens per window.</summary>
    public int SequenceLength => tokens.SequenceLength;

    /// <summary>Number of chunks.</summary>
    public int Count => (tokens.Windows + windowsPerChunk - 1) / windowsPerChunk;

    /// <summary>The token ids of a chunk, whole windows.</summary>
    public ReadOnlySpan<int> Ids(int chunk)
    {
        int first = chunk * windowsPerChunk;
        int count = Math.Min(windowsPerChunk, tokens.Windows - first);
        return tokens.Ids.AsSpan(first * tokens.SequenceLength, count * tokens.SequenceLength);
    }

    /// <summary>The residual stream at the model's first layer.</summary>
    public ActivationStream Embed(DecoderModel model)
    {
        var stream = new ActivationStream(Count);
        for (int chunk = 0; chunk < Count; chunk++)
        {
            stream[chunk] = model.Embed(Ids(chunk), SequenceLength);
        }

        return stream;
    }
}
