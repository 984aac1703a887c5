namespace SparseLlm.Models.Tokenizers.Bpe;

/// <summary>How merges are written in merges.txt: two tokens on a line.</summary>
internal static class MergesFile
{
    /// <summary>What the first line begins with; it is no merge.</summary>
    public static ReadOnlySpan<byte> Heading => "#version"u8;

    /// <summary>Whether a text is two tokens with a space between them.</summary>
    public static bool IsPair(ReadOnlySpan<byte> text, out int space)
    {
        space = text.IndexOf((byte)' ');
        return space >= 0 && !text[(space + 1)..].Contains((byte)' ');
    }
}
