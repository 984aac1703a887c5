using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;
using SparseLlm.Models.Tokenizers.Bpe;
using SparseLlm.Models.Tokenizers.Patterns;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>
/// The name under which llama.cpp knows how a tokenizer cuts text into words. A tokenizer in wide use is recognised by
/// what it makes of one text, as llama.cpp's converter does; any other by the patterns that it cuts by.
/// </summary>
/// <param name="Name">The value of <c>tokenizer.ggml.pre</c>.</param>
/// <param name="Difference">Which texts llama.cpp cuts otherwise under that name; null where none is known.</param>
internal sealed record PreTokenizerName(string Name, string? Difference)
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private const string Blanks = @"\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string DeepSeek =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
            + Blanks;

    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string Before = @"[^\r\n\p{L}\p{N}]?";
    private const string AfterWord = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + Blanks;
    private const string Cased
        = "it does not cut before a capital letter that is not one of A to Z, nor take combining marks for letters";

    // The text whose tokens tell tokenizers apart: blanks, emoji, digits, scripts, punctuation, contractions.
    private const string Probe =
        "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n\U0001F680 (normal) \U0001F636\u200D\U0001F32B\uFE0F "
        + "(multiple emojis concatenated) \u2705 " +
        "\U0001F999\U0001F999 3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3 3...3 " +
        "\u1780\u17B6\u1793\u17CB\u178F\u17C2\u1796\u17B7\u179F\u17C1\u179F\u17A2\u17B6\u1785\U0001F601 "
        + "?\u6211\u60F3\u5728apple\u5DE5\u4F5C1314151\u5929\uFF5E " +
        "------======= \u043D\u0435\u0449\u043E \u043D\u0430 \u0411\u044A\u043B\u0433\u0430\u0440\u0441\u043A\u0438 "
        + "''''''```````\"\"\"\"......!!!!!!?????? " +
        "I've been 'told he's there, 'RE you sure? 'M not sure I'll make it, 'D you like some tea? We'Ve a'lL";

    private static readonly Lazy<Dictionary<string, string>> ByProbe = new(ReadByProbe);

    /// <summary>What llama.cpp's names stand for. Where several stand for one cut, those before are
    /// preferred.</summary>
    private static readonly Entry[] Entries =
    [
        new("gpt-2", Cut(PatternReader.Gpt2)),
        new("starcoder", Cut(@"\p{N}", PatternReader.Gpt2)),
        new("smollm", Cut(@"\p{N}", PatternReader.Gpt2), CleansSpaces: false),
        new("trillion", Cut(PatternReader.Gpt2), CleansSpaces: false),
        new(
            "llama-bpe",
            Cut(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Blanks),
            IgnoresMerges: true),
        new(
            "smaug-bpe",
            Cut(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Blanks)),
        new(
            "qwen2",
            Cut(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Blanks),
            CleansSpaces: false),
        new("stablelm2", Cut(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + Blanks)),
        new(
            "qwen35",
            Cut(Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + Blanks),
            CleansSpaces: false),
        new(
            "seed-coder",
            Cut(Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + Blanks),
            CleansSpaces: false),
        new(
            "deepseek-v3",
            Cut(@"\p{N}{1,3}", "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", DeepSeek),
            CleansSpaces: false),
        new(
            "deepseek-coder",
            Cut(@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+", @"\p{N}"),
            CleansSpaces: false,
            Difference: "a space that is not one of ASCII's, such as an ideographic one, does not begin a word"),
        new(
            "gpt-4o",
            Cut($"{Before}{Upper}*{Lower}+{Contractions}?|{Before}{Upper}+{Lower}*{Contractions}?|" + @"\p{N}{1,3}"
                + AfterWord),
            CleansSpaces: false,
            Difference: Cased),
        new(
            "tekken",
            Cut($"{Before}{Upper}*{Lower}+|{Before}{Upper}+{Lower}*|" + @"\p{N}" + AfterWord),
            IgnoresMerges: true,
            CleansSpaces: false,
            Difference: Cased),
    ];

    /// <summary>The name for a tokenizer that writes text as bytes.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="source">The file to blame.</param>
    /// <param name="cleansSpaces">Whether decoding removes spaces before punctuation.</param>
    /// <exception cref="DiagnosticException">There is none, or none that treats words which are tokens as the tokenizer
    /// does.</exception>
    public static PreTokenizerName Of(Tokenizer tokenizer, SourceLocation source, bool cleansSpaces)
    {
        if (ByProbe.Value.TryGetValue(Fingerprint(tokenizer), out string? known))
        {
            string family = known is "llama4" or "kanana2" or "minimax-m2" ? "gpt-4o" : known;
            return new PreTokenizerName(known, Entries.FirstOrDefault(entry => entry.Name == family)?.Difference);
        }

        string cut = tokenizer.PreTokenizer!.Description;
        // What lies between matches that leave nothing between them may be dropped as well.
        string complete = cut.StartsWith("keep ", StringComparison.Ordinal) ? $"cut {cut[5..]}" : cut;
        Entry[] candidates = [.. Entries.Where(entry => entry.Cut == complete)
            .OrderBy(entry => entry.CleansSpaces == cleansSpaces ? 0 : 1)];
        if (candidates.Length == 0)
        {
            throw GgufVocabularyDiagnostics.UnknownPreTokenizer.Error(
                source,
                $"llama.cpp does not know this way of cutting text into words: {TokenizerPlace.Excerpt(cut)}. It would "
                + $"give the model other tokens than it " +
                "was trained on, so no GGUF file is written; keep the safetensors directory, and run it where "
                + "tokenizer.json is read.");
        }

        bool ignoresMerges = tokenizer.Model.Options.IgnoreMerges;
        Entry? entry = candidates.FirstOrDefault(candidate => candidate.IgnoresMerges == ignoresMerges);
        if (entry is null && EveryTokenIsMerged(tokenizer.Model))
        {
            entry = candidates[0];
        }

        return entry is not null
            ? new PreTokenizerName(entry.Name, entry.Difference)
            : throw GgufVocabularyDiagnostics.NotExpressible.Error(
                source,
                $"'model.ignore_merges' is {(ignoresMerges ? "true" : "false")}, and llama.cpp does the opposite for a "
                + $"tokenizer that cuts text like this one; " +
                "keep the safetensors directory, and run it where tokenizer.json is read.");
    }

    /// <summary>Whether the merges make every token out of its characters, so that it does not matter if a word is
    /// looked up before it is merged.</summary>
    public static bool EveryTokenIsMerged(BytePairModel model)
    {
        var symbols = new SymbolList();
        var ids = new List<int>();
        foreach (int id in model.Vocabulary.Ids)
        {
            ids.Clear();
            model.EncodeByMerges(model.Vocabulary.Token(id), symbols, ids);
            if (ids is not [int single] || single != id)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The hash of the ids as Python writes a list.</summary>
    private static string Fingerprint(Tokenizer tokenizer)
    {
        IEnumerable<string> ids = tokenizer.Encode(Probe).Select(id => id.ToString(CultureInfo.InvariantCulture));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"[{string.Join(", ", ids)}]")));
    }

    private static string Cut(params string[] patterns)
        => string.Concat(patterns.Select(pattern => $"cut /{pattern}/; ")) + "bytes";

    private static Dictionary<string, string> ReadByProbe()
    {
        using Stream stream = typeof(PreTokenizerName).Assembly.GetManifestResourceStream("PreTokenizerNames.txt")!;
        using var reader = new StreamReader(stream);
        string[] lines = reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => parts[1]);
    }

    private sealed record Entry(
        string Name,
        string Cut,
        bool IgnoresMerges = false,
        bool CleansSpaces = true,
        string? Difference = null);
}
