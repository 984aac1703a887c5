namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>Removes a character from the ends of every token.</summary>
/// <param name="character">The character.</param>
/// <param name="start">How many of it at most at the start.</param>
/// <param name="stop">How many of it at most at the end.</param>
internal sealed class StripDecoder(char character, int start, int stop) : IDecoder
{
    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance) => tokens.Select(Strip);

    private string Strip(string token)
    {
        int first = 0;
        while (first < start && first < token.Length && token[first] == character)
        {
            first++;
        }

        int last = token.Length;
        while (token.Length - last < stop && last > first && token[last - 1] == character)
        {
            last--;
        }

        return token[first..last];
    }
}
