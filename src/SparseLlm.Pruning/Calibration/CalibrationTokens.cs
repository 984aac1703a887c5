using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>The token windows that a prune looks at.</summary>
/// <param name="Ids">Windows one after another, <paramref name="SequenceLength"/> ids each.</param>
/// <param name="SequenceLength">Tokens per window.</param>
public sealed record CalibrationTokens(int[] Ids, int SequenceLength)
{
    /// <summary>Longer windows cost memory and time without helping the sums that pruning takes from them.</summary>
    public const int LongestDefaultSequence = 2048;

    /// <summary>Number of windows.</summary>
    public int Windows => Ids.Length / SequenceLength;

    /// <summary>A part of the windows: as many as there are, at most <paramref name="count"/>, from the window
    /// <paramref name="first"/> on.</summary>
    public CalibrationTokens Part(int first, int count) =>
        this with { Ids = Ids[(first * SequenceLength)..(Math.Min(Windows, first + count) * SequenceLength)] };

    /// <summary>The window length to use where none is asked for: the smaller of 2048 and the model's
    /// maximum.</summary>
    public static int DefaultSequenceLength(int modelMaximum) => Math.Min(LongestDefaultSequence, modelMaximum);

    /// <summary>Cuts windows out of an encoded text.</summary>
    /// <param name="ids">The whole text, encoded once.</param>
    /// <param name="settings">How many windows, how long, which.</param>
    /// <param name="modelMaximum">The longest sequence that the model can take.</param>
    /// <param name="location">The text, for messages.</param>
    /// <exception cref="DiagnosticException">The text is too short, or the window longer than the model
    /// allows.</exception>
    public static CalibrationTokens Cut(
        int[] ids,
        CalibrationSettings settings,
        int modelMaximum,
        SourceLocation location)
    {
        int length = settings.SequenceLength ?? DefaultSequenceLength(modelMaximum);
        SequenceLengths.Check(length, modelMaximum, location);
        int available = ids.Length / length;
        if (available < settings.Samples)
        {
            throw PruningDiagnostics.TextTooShort.Error(
                location,
                available == 0
                    ? $"the text has {ids.Length} tokens, fewer than one window of {length}; use a longer text or a "
                        + $"smaller sequenceLength"
                    : $"the text has {ids.Length} tokens, {available} windows of {length}, but {settings.Samples} "
                        + $"samples are asked for; "
                        + $"use a longer text or samples: {available}");
        }

        return settings.Sampling == Sampling.Sequential
            ? new CalibrationTokens(ids[..(settings.Samples * length)], length)
            : new CalibrationTokens(Draw(ids, settings, length), length);
    }

    private static int[] Draw(int[] ids, CalibrationSettings settings, int length)
    {
        var random = new Random(settings.Seed);
        var windows = new int[settings.Samples * length];
        for (int sample = 0; sample < settings.Samples; sample++)
        {
            int start = random.Next(ids.Length - length + 1);
            Array.Copy(ids, start, windows, sample * length, length);
        }

        return windows;
    }
}
