using System.Globalization;
using System.Text;

namespace SparseLlm.Models.Tokenizers.Decoders;

/// <summary>
/// Turns runs of byte tokens, <c>&lt;0xE2&gt;</c>, into the text whose UTF-8 they are; a run that is not UTF-8 becomes
/// one U+FFFD for each byte.
/// </summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public IEnumerable<string> Decode(IEnumerable<string> tokens, Allowance allowance)
    {
        var run = new List<byte>();
        foreach (string token in tokens)
        {
            if (TryParse(token, out byte value))
            {
                run.Add(value);
                continue;
            }

            if (run.Count > 0)
            {
                yield return Text(run);
                run.Clear();
            }

            yield return token;
        }

        if (run.Count > 0)
        {
            yield return Text(run);
        }
    }

    /// <summary>Whether a token stands for a byte.</summary>
    public static bool IsByte(string token) => TryParse(token, out _);

    private static bool TryParse(string token, out byte value)
    {
        value = 0;
        return token is ['<', '0', 'x', _, _, '>'] &&
            byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static string Text(List<byte> run)
    {
        try
        {
            return Utf8.GetString([.. run]);
        }
        catch (DecoderFallbackException)
        {
            return new string('\uFFFD', run.Count);
        }
    }
}
