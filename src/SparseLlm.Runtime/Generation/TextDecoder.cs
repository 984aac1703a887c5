using System.Runtime.InteropServices;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.Decoders;

namespace SparseLlm.Runtime.Generation;

/// <summary>
/// The text of tokens that come one by one. What a token adds depends on those before it (a space, a character of
/// several tokens), so that a few are decoded with and without it.
/// </summary>
internal sealed class TextDecoder(Tokenizer tokenizer, bool skipsSpecialTokens)
{
    private const char Replacement = '\uFFFD';

    // Of what goes before, the last word decides: whether a space follows.
    private const int Before = 8;

    private readonly List<int> tokens = [];
    private int context;
    private int told;

    /// <summary>The text of tokens that follow others, whose text has been told.</summary>
    public TextDecoder(Tokenizer tokenizer, bool skipsSpecialTokens, IEnumerable<int> before)
        : this(tokenizer, skipsSpecialTokens)
    {
        tokens.AddRange(before.TakeLast(Before).Where(IsShown));
        told = tokens.Count;
    }

    /// <summary>What a token adds; nothing while it may be a part of a character.</summary>
    public string Add(int token)
    {
        // What is left out of the text must not stand between others there either.
        if (!IsShown(token))
        {
            return "";
        }

        tokens.Add(token);
        string added = Added();

        // Byte tokens are text or not as a whole: one that follows can make nonsense of all before it.
        if (added.Length == 0 || added[^1] == Replacement || ByteFallbackDecoder.IsByte(tokenizer.Token(token)!))
        {
            return "";
        }

        (context, told) = (told, tokens.Count);
        return added;
    }

    /// <summary>What is left: an incomplete character.</summary>
    public string Complete()
    {
        string added = Added();
        (context, told) = (tokens.Count, tokens.Count);
        return added;
    }

    private bool IsShown(int token) => tokenizer.Token(token) is not null
            && !(skipsSpecialTokens && tokenizer.Added.Find(token) is { Special: true });

    private string Added()
    {
        ReadOnlySpan<int> all = CollectionsMarshal.AsSpan(tokens);
        string before = tokenizer.Decode(all[context..told], skipSpecialTokens: false);
        string with = tokenizer.Decode(all[context..], skipSpecialTokens: false);
        return with[before.AsSpan().CommonPrefixLength(with)..];
    }
}
