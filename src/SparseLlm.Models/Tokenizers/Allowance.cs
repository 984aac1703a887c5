namespace SparseLlm.Models.Tokenizers;

/// <summary>
/// What may be spent on one text: time for matching patterns, and characters that rules put in. Both grow with the text
/// and are far beyond what a tokenizer in use needs, so that they run out only where a pattern backtracks without end
/// or rules multiply the text.
/// </summary>
/// <param name="milliseconds">The time.</param>
/// <param name="characters">The characters.</param>
internal sealed class Allowance(long milliseconds, long characters)
{
    // A pattern takes some nanoseconds for a character. A thousand times as much leaves room for the slowest machine.
    private const long LeastMilliseconds = 30_000;
    private const double MillisecondsPerCharacter = 0.01;

    // Compatibility decomposition, the extreme of what is in use, makes 18 characters of one.
    private const long LeastCharacters = 1 << 20;
    private const long CharactersPerCharacter = 32;

    /// <summary>The allowance for a text of that length.</summary>
    public Allowance(long length)
        : this(
            LeastMilliseconds + (long)(MillisecondsPerCharacter * length),
            LeastCharacters + (CharactersPerCharacter * length))
    {
    }

    /// <summary>Takes time that a pattern needed; false if there is not as much left.</summary>
    public bool TrySpend(long elapsed) => (milliseconds -= elapsed) >= 0;

    /// <summary>Takes characters that a rule is going to put in.</summary>
    /// <param name="count">How many; a negative number, where text becomes shorter, changes nothing.</param>
    /// <param name="place">The rule.</param>
    /// <exception cref="Diagnostics.DiagnosticException"><see cref="TokenizerDiagnostics.Multiplied"/>: there are not
    /// as many left.</exception>
    public void Grow(long count, TokenizerPlace place)
    {
        characters -= Math.Max(count, 0);
        if (characters < 0)
        {
            throw place.Error(
                TokenizerDiagnostics.Multiplied,
                $"makes the text more than {CharactersPerCharacter} times longer, which no tokenizer in use does; "
                + $"correct it, or encode the texts elsewhere " +
                "and give token ids as .npy.");
        }
    }
}
