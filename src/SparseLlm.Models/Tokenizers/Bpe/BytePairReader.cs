using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal static class BytePairReader
{
    /// <summary>The byte-pair model.</summary>
    public static BytePairModel Read(TokenizerNode node)
    {
        // Files from before 2020 do not name the type; a list of merges is what tells a byte-pair model.
        bool isBytePair = node.OptionalText("type") is string type ? type == "BPE" : node.TryGet("merges", out _);
        if (!isBytePair)
        {
            throw node.UnsupportedType("BPE");
        }

        if (node.TryGet("dropout", out TokenizerNode dropout) &&
            !(dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() == 0))
        {
            throw dropout.Unsupported("is set, which makes encoding random; supported is a model without dropout.");
        }

        var options = new BytePairOptions(
            node.OptionalText("unk_token"),
            node.Flag("fuse_unk", false),
            node.Flag("byte_fallback", false),
            node.Flag("ignore_merges", false),
            node.OptionalText("continuing_subword_prefix") ?? "",
            node.OptionalText("end_of_word_suffix") ?? "");
        Dictionary<string, int> ids = ReadVocabulary(node.Required("vocab"));
        Dictionary<ulong, Merge> merges = ReadMerges(node.Required("merges"), ids, options.ContinuingPrefix);
        return new BytePairModel(node.File, new BytePairVocabulary(ids, merges), options);
    }

    private static Dictionary<string, int> ReadVocabulary(TokenizerNode node)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string token, TokenizerNode id) in node.Members())
        {
            ids[token] = id.Integer();
        }

        return ids;
    }

    private static Dictionary<ulong, Merge> ReadMerges(TokenizerNode node, Dictionary<string, int> ids, string prefix)
    {
        var merges = new Dictionary<ulong, Merge>();
        int rank = 0;
        foreach (TokenizerNode item in node.Items())
        {
            if (ReadPair(item) is not (string left, string right))
            {
                continue;
            }

            if (!right.StartsWith(prefix, StringComparison.Ordinal))
            {
                throw item.Malformed($"merges '{right}', which does not begin with 'continuing_subword_prefix'");
            }

            ulong pair = BytePairVocabulary.Pair(Id(item, ids, left), Id(item, ids, right));
            merges[pair] = new Merge(rank++, Id(item, ids, left + right[prefix.Length..]));
        }

        return merges;
    }

    /// <summary>
    /// A merge is written as <c>"a b"</c>, or as <c>["a", "b"]</c> where tokens may hold spaces. The heading that the
    /// former has in merges.txt is no merge.
    /// </summary>
    private static (string Left, string Right)? ReadPair(TokenizerNode item)
    {
        string[] parts = item.Element.ValueKind == JsonValueKind.Array
            ? [.. item.Items().Select(part => part.Text())]
            : item.Text().Split(' ');
        if (item.Element.ValueKind == JsonValueKind.String && parts[0].StartsWith("#version", StringComparison.Ordinal))
        {
            return null;
        }

        return parts is [string left, string right] ? (left, right) : throw item.Malformed("must name two tokens");
    }

    private static int Id(TokenizerNode item, Dictionary<string, int> ids, string token) =>
        ids.TryGetValue(token, out int id)
            ? id
            : throw TokenizerDiagnostics.UnknownToken.Error(
                new SourceLocation(item.File),
                $"'{item.Path}' needs the token '{token}', which the vocabulary lacks; download the model's tokenizer again.");
}
