using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SparseLlm.Tests;

/// <summary>Tokenizers like GPT-2's, made for a test: the contents of tokenizer.json.</summary>
internal static class ByteLevelTokenizer
{
    private const int Merges = 500;
    private static readonly string[] Special = ["<|0|>", "<|1|>", "<|2|>"];

    // What can be seen stands for itself, the other bytes for the characters from U+0100 on.
    private static readonly string[] Bytes =
        [.. Range('Ā', 'Ġ'), .. Range('!', '~'), .. Range('ġ', 'ł'), .. Range('¡', '¬'), "Ń", .. Range('®', 'ÿ')];

    /// <summary>One of a size, for models that have none: three special tokens, bytes as far as they go, and one
    /// pair.</summary>
    public static JsonObject OfSize(int vocabulary) =>
        Of(
            [.. Special, .. Bytes.Take(vocabulary - Special.Length - 1), Bytes[0] + Bytes[1]],
            [$"{Bytes[0]} {Bytes[1]}"]);

    /// <summary>One whose pairs were learned from texts that nothing had cut, so that tokens tell where a text is
    /// cut.</summary>
    public static JsonObject LearnedFrom(IEnumerable<string> texts)
    {
        List<string> symbols = [.. Encoding.UTF8.GetBytes(string.Concat(texts)).Select(value => Bytes[value])];
        OrderedDictionary<string, string> merges = [];
        while (merges.Count < Merges)
        {
            (string left, string right) = symbols.Zip(symbols.Skip(1)).CountBy(pair => pair)
                .Where(pair => !merges.ContainsKey(pair.Key.First + pair.Key.Second))
                .MaxBy(pair => (pair.Value, pair.Key.First + pair.Key.Second))
                .Key;
            merges.Add(left + right, $"{left} {right}");
            symbols = Merged(symbols, left, right);
        }

        return Of([.. Special, .. Bytes, .. merges.Keys], merges.Values);
    }

    private static IEnumerable<string> Range(char first, char last)
        => Enumerable.Range(first, last - first + 1).Select(code => ((char)code).ToString());

    private static List<string> Merged(List<string> symbols, string left, string right)
    {
        var merged = new List<string>(symbols.Count);
        for (int i = 0; i < symbols.Count; i++)
        {
            bool isPair = i + 1 < symbols.Count && symbols[i] == left && symbols[i + 1] == right;
            merged.Add(isPair ? left + right : symbols[i]);
            i += isPair ? 1 : 0;
        }

        return merged;
    }

    private static JsonObject Of(
        IEnumerable<string> tokens,
        IEnumerable<string> merges) => JsonSerializer.SerializeToNode(new
        {
            version = "1.0",
            added_tokens = Special.Select((content, id) => new
            {
                id,
                content,
                single_word = false,
                lstrip = false,
                rstrip = false,
                normalized = false,
                special = true
            }),
            pre_tokenizer = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true },
            decoder = new { type = "ByteLevel", add_prefix_space = true, trim_offsets = true, use_regex = true },
            model = new
            {
                type = "BPE",
                vocab = tokens.Index()
            .ToDictionary(token => token.Item, token => token.Index),
                merges
            },
        })!.AsObject();
}
