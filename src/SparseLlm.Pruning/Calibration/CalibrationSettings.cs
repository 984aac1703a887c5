namespace SparseLlm.Pruning.Calibration;

/// <summary>Which windows of the calibration text are used.</summary>
public enum Sampling
{
    /// <summary>The first windows, in order, without overlap.</summary>
    Sequential,

    /// <summary>Windows at seeded random positions.</summary>
    Random,
}

/// <summary>How calibration windows are cut from a text.</summary>
public sealed record CalibrationSettings
{
    /// <summary>Number of windows.</summary>
    public int Samples { get; init; } = 128;

    /// <summary>Tokens per window; null for the smaller of 2048 and the model's maximum.</summary>
    public int? SequenceLength { get; init; }

    /// <summary>Tokens in all windows.</summary>
    /// <param name="modelMaximum">The longest sequence that the model can take.</param>
    public long Tokens(int modelMaximum)
        => (long)Samples * (SequenceLength ?? CalibrationTokens.DefaultSequenceLength(modelMaximum));

    /// <summary>Which windows.</summary>
    public Sampling Sampling { get; init; } = Sampling.Sequential;

    /// <summary>Seed of <see cref="Sampling.Random"/>.</summary>
    public int Seed { get; init; }
}
