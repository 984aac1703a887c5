using System.Text;

namespace SparseLlm.Models.Tokenizers;

/// <summary>
/// GPT-2's way of writing bytes as characters that can be seen: the printable characters of Latin-1 stand for
/// themselves, the other bytes for the characters from U+0100 on.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = new char[256];
    private static readonly Dictionary<char, byte> Bytes = new(256);

    static ByteAlphabet()
    {
        char substitute = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            bool isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            Characters[value] = isPrintable ? (char)value : substitute++;
            Bytes.Add(Characters[value], (byte)value);
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>The bytes of the text in UTF-8, one character each.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, (encoded, source) =>
        {
            for (int i = 0; i < source.Length; i++)
            {
                encoded[i] = Characters[source[i]];
            }
        });
    }

    /// <summary>The bytes that a token stands for; a token with other characters stands for its own UTF-8.</summary>
    public static byte[] Decode(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }
}
