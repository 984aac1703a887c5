using System.Text;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>Byte-pair encoding (Sennrich et al., ACL 2016) with the variations that tokenizer.json knows.</summary>
internal sealed class BytePairModel
{
    private const int MissingByte = -1;

    private readonly TokenizerPlace place;
    private readonly int[]? byteTokens;
    private readonly Lazy<Seams?> seams;

    public BytePairModel(TokenizerPlace place, BytePairVocabulary vocabulary, BytePairOptions options)
    {
        this.place = place;
        Options = options;
        Vocabulary = vocabulary;
        byteTokens = options.ByteFallback
            ? [.. Enumerable.Range(0, 256).Select(b =>
                vocabulary.TryGetId(FormattableString.Invariant($"<0x{b:X2}>"), out int id) ? id : MissingByte)]
            : null;
        this.seams = new Lazy<Seams?>(FindSeams);
    }

    /// <summary>The tokens and merges.</summary>
    public BytePairVocabulary Vocabulary { get; }

    /// <summary>How the characters of a word are treated.</summary>
    public BytePairOptions Options { get; }

    /// <summary>The last place among the tokens of a word over which no merge goes, so that those before it are the
    /// same whatever stands behind; the word's beginning if there is none.</summary>
    /// <param name="ids">Tokens.</param>
    /// <param name="first">Where the word begins among them.</param>
    /// <param name="last">The last place that is looked at.</param>
    public int LastSeam(List<int> ids, int first, int last)
    {
        if (this.seams.Value is { } seams)
        {
            for (int place = last; place > first; place--)
            {
                if (seams.IsBetween(ids[place - 1], ids[place]))
                {
                    return place;
                }
            }
        }

        return first;
    }

    /// <summary>Null where the symbols that a word begins with cannot be told from its tokens.</summary>
    private Seams? FindSeams() =>
        Options.ContinuingPrefix.Length + Options.EndSuffix.Length == 0
            && Vocabulary.Merges.All(merge => byteTokens?.Contains(merge.Merge.Id) != true)
            ? new Seams(Vocabulary, byteTokens ?? [], Options.UnknownToken is not null
                && Vocabulary.TryGetId(Options.UnknownToken, out int unknown) ? unknown : null)
            : null;

    /// <summary>The tokens of one word, appended to <paramref name="output"/>.</summary>
    /// <param name="word">A pre-token, not empty.</param>
    /// <param name="symbols">Working memory.</param>
    /// <param name="output">Receives the ids.</param>
    public void Encode(ReadOnlySpan<char> word, SymbolList symbols, List<int> output)
    {
        if (Options.IgnoreMerges && Vocabulary.TryGetId(word, out int id))
        {
            output.Add(id);
            return;
        }

        EncodeByMerges(word, symbols, output);
    }

    /// <summary>The tokens that a word's characters are merged into, whether the word is itself a token or
    /// not.</summary>
    public void EncodeByMerges(ReadOnlySpan<char> word, SymbolList symbols, List<int> output)
    {
        symbols.Clear();
        Segment(word, symbols);
        symbols.Merge(Vocabulary);
        symbols.CopyTo(output);
    }

    /// <summary>Cuts a word into the tokens of its characters.</summary>
    private void Segment(ReadOnlySpan<char> word, SymbolList symbols)
    {
        int? unknown = null;
        for (int start = 0, length; start < word.Length; start += length)
        {
            length = char.IsHighSurrogate(word[start]) ? 2 : 1;
            ReadOnlySpan<char> character = Decorate(word, start, length);
            if (Vocabulary.TryGetId(character, out int id))
            {
                if (unknown is int pending)
                {
                    symbols.Add(pending);
                    unknown = null;
                }

                symbols.Add(id);
            }
            // As in the original, a pending unknown token stays pending across the bytes of a later character.
            else if (!TryAddBytes(character, symbols) && Options.UnknownToken is not null)
            {
                if (unknown is int pending && !Options.FuseUnknown)
                {
                    symbols.Add(pending);
                }

                unknown ??= UnknownId();
            }
        }

        if (unknown is int last)
        {
            symbols.Add(last);
        }
    }

    private ReadOnlySpan<char> Decorate(ReadOnlySpan<char> word, int start, int length)
    {
        string prefix = start > 0 ? Options.ContinuingPrefix : "";
        string suffix = start + length == word.Length ? Options.EndSuffix : "";
        ReadOnlySpan<char> character = word.Slice(start, length);
        return prefix.Length + suffix.Length == 0 ? character : string.Concat(prefix, character, suffix);
    }

    private bool TryAddBytes(ReadOnlySpan<char> character, SymbolList symbols)
    {
        if (byteTokens is null)
        {
            return false;
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(character)];
        Encoding.UTF8.GetBytes(character, bytes);
        if (bytes.Any(b => byteTokens[b] == MissingByte))
        {
            return false;
        }

        foreach (byte b in bytes)
        {
            symbols.Add(byteTokens[b]);
        }

        return true;
    }

    private int UnknownId() => Vocabulary.TryGetId(Options.UnknownToken, out int id)
        ? id
        : throw this.place.Error(
            TokenizerDiagnostics.UnknownToken,
            $"has no token for a character of the text, and its unknown token "
            + $"'{TokenizerPlace.Excerpt(Options.UnknownToken!)}' is not in its vocabulary " +
            "either; check that the text is what it should be, or take the tokenizer that belongs to the model.");
}
