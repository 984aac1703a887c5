using SparseLlm.Models.Tokenizers.AddedTokens;
using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Files;
using SparseLlm.Models.Tokenizers.PostProcessors;
using SparseLlm.Models.Tokenizers.PreTokenizers;

namespace SparseLlm.Models.Tokenizers;

/// <summary>
/// Text to token ids and back, exactly as the Hugging Face tokenizers library does it for the same files.
/// Truncation and padding that the file asks for are not applied: the callers here need every token of a text.
/// Immutable; may be shared by threads.
/// </summary>
public sealed class Tokenizer
{
    // Words, or tokens where there are no words, that the end of a text's beginning can have a part in.
    private const int Margin = 64;

    private readonly TokenizerParts parts;

    private Tokenizer(TokenizerParts parts)
    {
        this.parts = parts;
        VocabularySize = Model.Vocabulary.Count
            + Added.Contents.Count(content => !Model.Vocabulary.TryGetId(content, out _));
    }

    /// <summary>How many tokens there are, added ones included. Ids may have gaps and be larger.</summary>
    public int VocabularySize { get; }

    /// <summary>The added tokens, and what the text between them is rewritten by.</summary>
    internal AddedVocabulary Added => parts.Added;

    /// <summary>What cuts the text into words; null if nothing does.</summary>
    internal IPreTokenizer? PreTokenizer => parts.PreTokenizer;

    /// <summary>What encodes a word.</summary>
    internal BytePairModel Model => parts.Model;

    /// <summary>The special tokens around a text.</summary>
    internal Template Template => parts.Template;

    /// <summary>Reads the tokenizer of a model.</summary>
    /// <param name="directory">A Hugging Face model directory with a tokenizer.json, or with GPT-2's vocab.json and
    /// merges.txt.</param>
    /// <exception cref="Diagnostics.DiagnosticException">
    /// <see cref="TokenizerDiagnostics"/>: there is none, it is malformed, or it uses something that is not supported.
    /// </exception>
    public static Tokenizer Load(string directory)
    {
        IReadOnlyList<string> files = FilesAmong(TokenizerSource.NamesIn(directory));
        return new Tokenizer(files switch
        {
            [] => throw TokenizerSource.Missing(directory),
            [TokenizerSource.Fast] => TokenizerFile.Read(Path.Combine(directory, TokenizerSource.Fast)),
            _ => Gpt2Reader.Read(directory),
        });
    }

    /// <summary>Which of a model's files <see cref="Load"/> reads, in ordinal order.</summary>
    /// <param name="names">The names of the files in its directory.</param>
    public static IReadOnlyList<string> FilesAmong(IEnumerable<string> names) => TokenizerSource.Among(names);

    /// <summary>The token ids of a text.</summary>
    /// <param name="text">Any text; halves of surrogate pairs are read as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to put special tokens around it, as the model expects.</param>
    /// <exception cref="Diagnostics.DiagnosticException">
    /// <see cref="TokenizerDiagnostics.UnknownToken"/>: a character has no token, and there is none for unknown ones.
    /// <see cref="TokenizerDiagnostics.EndlessPattern"/>, <see cref="TokenizerDiagnostics.Multiplied"/>: the file asks
    /// for more than can be done.
    /// </exception>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        var ids = new List<int>(text.Length / 4);
        Encode(text, ids, wordEnds: null);
        return Template.Apply(ids, addSpecialTokens);
    }

    /// <summary>
    /// The first token ids of a text of which only the beginning is known: as many as are the same however it goes on.
    /// With the special tokens that the model expects before a text.
    /// </summary>
    /// <param name="beginning">The beginning.</param>
    /// <exception cref="Diagnostics.DiagnosticException">As of <see cref="Encode(string, bool)"/>.</exception>
    public int[] EncodeBeginning(string beginning)
    {
        var ids = new List<int>(beginning.Length / 4);
        var wordEnds = new List<int>();
        Encode(beginning, ids, wordEnds);
        return Template.Begin(ids[..Certain(ids, wordEnds)]);
    }

    /// <summary>
    /// How many ids of a text's beginning do not depend on how it goes on. Where it is cut shows near the cut only:
    /// added tokens and normalisers look no further ahead than an added token is long, patterns not beyond the
    /// whitespace before the next word, and no word depends on another. So with patterns all words are certain but the
    /// last 64. Without, a stretch between added tokens is one word, of which all is certain that lies before a seam,
    /// over which no merge goes whatever stands behind.
    /// </summary>
    private int Certain(List<int> ids, List<int> wordEnds)
    {
        if (PreTokenizer is not null && wordEnds.Count != 1)
        {
            return wordEnds.Count > Margin ? wordEnds[^(Margin + 1)] : 0;
        }

        int last = ids.Count - Margin;
        return Model.LastSeam(ids, wordEnds.LastOrDefault(end => end <= last), last);
    }

    private void Encode(string text, List<int> ids, List<int>? wordEnds)
    {
        var allowance = new Allowance(text.Length);
        var words = new WordCache(Model);
        foreach ((Piece piece, AddedToken? token) in Added.Split(WellFormed(text), allowance))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                wordEnds?.Add(ids.Count);
                continue;
            }

            foreach (Piece word in PreTokenizer?.Split(piece, allowance) ?? [piece])
            {
                words.Encode(word.Text.Span, ids);
                wordEnds?.Add(ids.Count);
            }
        }
    }

    /// <summary>The text of token ids.</summary>
    /// <param name="ids">Token ids; those without a token are passed over.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        var tokens = new List<string>(ids.Length);
        foreach (int id in ids)
        {
            bool isSkipped = skipSpecialTokens && Added.Find(id) is { Special: true };
            if (!isSkipped && Token(id) is string token)
            {
                tokens.Add(token);
            }
        }

        var allowance = new Allowance(tokens.Sum(token => (long)token.Length));
        return parts.Decoder is null
            ? string.Join(' ', tokens)
            : string.Concat(parts.Decoder.Decode(tokens, allowance));
    }

    /// <summary>The token of an id as the vocabulary writes it, or null if there is none.</summary>
    public string? Token(int id) => Added.Find(id)?.Content ?? Model.Vocabulary.Token(id);

    /// <summary>The id of a token as the vocabulary writes it, or null if there is none.</summary>
    public int? Id(string token) =>
        Added.Find(token)?.Id ?? (Model.Vocabulary.TryGetId(token, out int id) ? id : null);

    /// <summary>The text with every half of a surrogate pair replaced by U+FFFD.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes()) : text;
}
