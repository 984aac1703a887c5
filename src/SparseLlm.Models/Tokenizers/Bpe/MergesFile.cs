using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>Reads merges.txt: two tokens on a line, the merge of the lowest rank first.</summary>
internal static class MergesFile
{
    /// <summary>What the first line begins with; it is no merge.</summary>
    public static ReadOnlySpan<byte> Heading => "#version"u8;

    /// <summary>The merges of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokens">The vocabulary that they belong to.</param>
    public static Dictionary<ulong, Merge> Read(string path, TokenTable tokens)
    {
        ReadOnlySpan<byte> text = TokenizerBytes.Read(path).Text().TrimEnd("\r\n"u8);
        var merges = new MergeTable(tokens, tokens.Count);
        int number = 0;
        foreach (Range range in text.Split((byte)'\n'))
        {
            number++;
            ReadOnlySpan<byte> line = text[range].TrimEnd((byte)'\r');
            if (line.StartsWith(Heading) || text.IsEmpty)
            {
                continue;
            }

            if (!IsPair(line, out int space))
            {
                throw TokenizerDiagnostics.Malformed.Error(
                    new SourceLocation(
                        path,
                        number,
                        1), "the line does not hold two tokens with a space between them; correct it.");
            }

            if (!merges.TryAdd(line[..space], line[(space + 1)..], continuation: 0, out string? missing))
            {
                throw TokenizerDiagnostics.UnknownToken.Error(
                    new SourceLocation(path, number, 1),
                    $"the merge needs the token '{TokenizerPlace.Excerpt(missing)}', which "
                    + $"{TokenizerSource.Vocabulary} lacks: the two files do not belong together; " +
                    "take both from one source.");
            }
        }

        return merges.Merges;
    }

    /// <summary>Whether a text is two tokens with a space between them.</summary>
    public static bool IsPair(ReadOnlySpan<byte> text, out int space)
    {
        space = text.IndexOf((byte)' ');
        return space >= 0 && !text[(space + 1)..].Contains((byte)' ');
    }
}
