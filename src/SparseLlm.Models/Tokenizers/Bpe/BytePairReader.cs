using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal static class BytePairReader
{
    // They are put at every character of a text.
    private const int MarkLimit = 256;

    private const byte Escape = (byte)'\\';

    /// <summary>The byte-pair model.</summary>
    public static BytePairModel Read(TokenizerNode node)
    {
        RequireBytePairs(node);
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
            Mark(node, "continuing_subword_prefix"),
            Mark(node, "end_of_word_suffix"));
        TokenTable tokens = ReadVocabulary(node.Required("vocab"));
        Dictionary<ulong, Merge> merges = ReadMerges(node.Required("merges"), tokens, options.ContinuingPrefix);
        return new BytePairModel(node.Place, new BytePairVocabulary(tokens, merges), options);
    }

    /// <summary>The tokens and their ids, from an object with a member for each.</summary>
    public static TokenTable ReadVocabulary(TokenizerNode node)
    {
        // Of large tokenizers this and the merges are all but everything, so nothing is allocated for a single one.
        JsonElement.ObjectEnumerator members = node.Members();
        var tokens = new TokenTable(node.Element.GetPropertyCount());
        foreach (JsonProperty member in members)
        {
            int id = member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt32(out int number)
                && number >= 0
                ? number
                : new TokenizerNode(node.Place.Member(member.Name), member.Value).Integer();
            ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8PropertyName(member);
            tokens.Set(raw.Contains(Escape) ? Encoding.UTF8.GetBytes(member.Name) : raw, id);
        }

        return tokens;
    }

    /// <summary>Files from before 2020 do not name the model's type; what is in it tells.</summary>
    private static void RequireBytePairs(TokenizerNode node)
    {
        if (node.OptionalText("type") is not string type)
        {
            string? other = node.TryGet("merges", out _) ? null
                : node.TryGet("vocab", out TokenizerNode vocabulary)
                    && vocabulary.Element.ValueKind == JsonValueKind.Array ? "a Unigram model"
                : "a WordPiece or WordLevel model";
            if (other is not null)
            {
                throw node.Unsupported($"is {other}, which is not supported; supported is BPE.");
            }
        }
        else if (type != "BPE")
        {
            throw node.UnsupportedType("BPE");
        }
    }

    private static string Mark(TokenizerNode node, string name) => !node.TryGet(name, out TokenizerNode mark) ? ""
        : mark.Text().Length <= MarkLimit ? mark.Text()
        : throw mark.Unsupported(MarkLimit);

    private static Dictionary<ulong, Merge> ReadMerges(TokenizerNode node, TokenTable tokens, string prefix)
    {
        JsonElement.ArrayEnumerator items = node.Elements();
        var merges = new MergeTable(tokens, node.Element.GetArrayLength());
        byte[] prefixBytes = Encoding.UTF8.GetBytes(prefix);
        int index = 0;
        foreach (JsonElement item in items)
        {
            if (TryReadPair(node, index, item, out ReadOnlySpan<byte> left, out ReadOnlySpan<byte> right))
            {
                Add(merges, node.Place, index, left, right, prefixBytes);
            }

            index++;
        }

        return merges.Merges;
    }

    private static void Add(
        MergeTable merges, TokenizerPlace list, int index, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right,
        ReadOnlySpan<byte> prefix)
    {
        if (!right.StartsWith(prefix))
        {
            throw list.Item(index).Malformed(
                $"merges '{TokenizerPlace.Excerpt(Encoding.UTF8.GetString(right))}', which does not begin with "
                + $"'continuing_subword_prefix'");
        }

        if (!merges.TryAdd(left, right, prefix.Length, out string? missing))
        {
            throw list.Item(index).Error(
                TokenizerDiagnostics.UnknownToken,
                $"needs the token '{TokenizerPlace.Excerpt(missing)}', which the vocabulary lacks: the two do not "
                + $"belong together; take both from one source.");
        }
    }

    /// <summary>
    /// A merge is written as <c>"a b"</c>, or as <c>["a", "b"]</c> where tokens may hold spaces. The heading that the
    /// former has in merges.txt is no merge.
    /// </summary>
    private static bool TryReadPair(
        TokenizerNode merges,
        int index,
        JsonElement item,
        out ReadOnlySpan<byte> left,
        out ReadOnlySpan<byte> right)
    {
        if (item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2)
        {
            left = Utf8(merges, index, item[0]);
            right = Utf8(merges, index, item[1]);
            return true;
        }

        left = Utf8(merges, index, item);
        right = default;
        if (left.StartsWith(MergesFile.Heading))
        {
            return false;
        }

        if (!MergesFile.IsPair(left, out int space))
        {
            throw NoPair(merges, index);
        }

        right = left[(space + 1)..];
        left = left[..space];
        return true;
    }

    /// <summary>A string as it is in the file, unless escapes are in it.</summary>
    private static ReadOnlySpan<byte> Utf8(TokenizerNode merges, int index, JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.String)
        {
            throw NoPair(merges, index);
        }

        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(item)[1..^1];
        return raw.Contains(Escape) ? Encoding.UTF8.GetBytes(item.GetString()!) : raw;
    }

    private static DiagnosticException NoPair(TokenizerNode merges, int index)
        => merges.Place.Item(index).Malformed("must name two tokens");
}
