using SparseLlm.Diagnostics;

namespace SparseLlm.Runtime.Generation;

/// <summary>How the next token is chosen, and when a text ends. The choices are applied in this order: penalty,
/// temperature, top-k, top-p, min-p.</summary>
public sealed record GenerationOptions
{
    /// <summary>Always the most likely token.</summary>
    public static GenerationOptions Greedy { get; } = new();

    /// <summary>The most tokens to generate; null for as many as the context has room for.</summary>
    public int? MaximumTokens { get; init; }

    /// <summary>Logits are divided by it; 0 for the most likely token always.</summary>
    public float Temperature { get; init; }

    /// <summary>Only so many of the most likely tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the fewest most likely tokens whose probabilities sum to it (Holtzman et al. 2020); 1 for
    /// all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Only tokens at least so likely, relative to the most likely one (Nguyen et al. 2024); 0 for
    /// all.</summary>
    public float MinP { get; init; }

    /// <summary>Positive logits of tokens that the sequence has already are divided by it, negative ones multiplied
    /// (Keskar et al. 2019); 1 for none.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>The same seed gives the same text; null for another one each time.</summary>
    public int? Seed { get; init; }

    /// <summary>The text ends before any of these, which are not part of it.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Whether special tokens are part of the text.</summary>
    public bool ShowsSpecialTokens { get; init; }

    /// <summary>What a model's authors recommend in its <c>generation_config.json</c>; greedy where they recommend
    /// nothing.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <exception cref="DiagnosticException">The file is malformed.</exception>
    public static GenerationOptions Recommended(string directory)
        => GenerationConfig.TryRead(directory)?.Options() ?? Greedy;

    /// <summary>Throws if a value is out of its range.</summary>
    internal void Require()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumTokens ?? 1, 1, nameof(MaximumTokens));
        ThrowIfOutside(Temperature, 0, float.MaxValue, nameof(Temperature));
        ArgumentOutOfRangeException.ThrowIfNegative(TopK);
        ThrowIfOutside(TopP, 0, 1, nameof(TopP));
        ThrowIfOutside(MinP, 0, 1, nameof(MinP));
        ThrowIfOutside(RepetitionPenalty, float.Epsilon, float.MaxValue, nameof(RepetitionPenalty));
        if (StopStrings.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("A stop string is empty.", nameof(StopStrings));
        }
    }

    private static void ThrowIfOutside(float value, float least, float greatest, string name)
    {
        if (!(value >= least && value <= greatest))
        {
            throw new ArgumentOutOfRangeException(
                name,
                value,
                FormattableString.Invariant($"It has to be from {least} to {greatest}."));
        }
    }
}
