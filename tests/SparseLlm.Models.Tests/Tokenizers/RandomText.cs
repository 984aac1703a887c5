using System.Text;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Models.Tests.Tokenizers;

/// <summary>Texts that nobody writes: characters of all planes, assigned or not, between words of a
/// tokenizer.</summary>
internal sealed class RandomText(Tokenizer tokenizer, int seed)
{
    private const int Planes = 17;
    private const int PlaneLength = 0x10000;

    private static readonly (int First, int Last)[] Ranges =
    [
        (0x00, 0x1F), (0x20, 0x7E), (0x7F, 0x9F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF),
        (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2460, 0x24FF),
        (0x2C00, 0x2D2F), (0x3000, 0x30FF), (0x4E00, 0x4EFF), (0xA640, 0xA69F), (0xAC00, 0xACFF), (0xF900, 0xFAFF),
        (0xFB00, 0xFB4F), (0xFE00, 0xFE0F), (0xFF00, 0xFFFF), (0x10400, 0x1044F), (0x1D100, 0x1D1FF),
        (0x1D400, 0x1D7FF), (0x1E900, 0x1E95F), (0x1F100, 0x1F1FF), (0x1F300, 0x1FAFF), (0x2F800, 0x2FA1F),
        (0xE0000, 0xE007F),
    ];

    private static readonly string[] Words =
    [
        " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u0085", "\u00A0", "\u2003", "\u2028", "\u3000", "\u200D", "\uFE0F",
        "\uFEFF", "'s", "'LL", "we're", "don't", "2026", "1,000.5", "...", "_", "▁", "Ġ", "<0x41>", "e\u0301",
        "\u1112\u1161\u11AB", "İ", "ſ", "ß", "\u212B",
    ];

    private readonly Random random = new(seed);

    /// <summary>The next text, of up to 60 words and characters.</summary>
    public string Next()
    {
        var text = new StringBuilder();
        for (int count = random.Next(60); count > 0; count--)
        {
            text.Append(random.Next(6) switch
            {
                0 => Character(random.Next(Planes) * PlaneLength, PlaneLength),
                1 or 2 => OfRange(Ranges[random.Next(Ranges.Length)]),
                3 => tokenizer.Token(random.Next(tokenizer.VocabularySize)) ?? "",
                _ => Words[random.Next(Words.Length)],
            });
        }

        return text.ToString();
    }

    private string OfRange((int First, int Last) range) => Character(range.First, range.Last - range.First + 1);

    /// <summary>A character, which halves of surrogate pairs are not.</summary>
    private string Character(int first, int count)
    {
        int value = first + random.Next(count);
        return Rune.IsValid(value) ? char.ConvertFromUtf32(value) : "";
    }
}
