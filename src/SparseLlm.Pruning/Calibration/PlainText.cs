using System.Text;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Plain text in UTF-8, read in blocks.</summary>
internal static class PlainText
{
    private const int BlockSize = 1 << 20;
    private const int LongestCharacter = 4;

    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>The text of a file, block after block.</summary>
    /// <exception cref="DiagnosticException">It cannot be read, or is not UTF-8.</exception>
    public static IEnumerable<string> Blocks(TextFile file)
    {
        byte[] buffer = new byte[BlockSize];
        var place = (Line: 1, Column: 1);
        bool isFirst = true;
        for (int kept = 0, count; (count = kept + file.Read(buffer.AsSpan(kept))) > 0;)
        {
            bool isLast = count < buffer.Length;
            int end = isLast ? count : EndOfCharacters(buffer.AsSpan(0, count));
            int start = isFirst && buffer.AsSpan(0, count).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
            string block = Decode(file.Path, buffer.AsSpan(start..end), place);
            yield return block;

            place = Behind(block, place);
            isFirst = false;
            kept = count - end;
            buffer.AsSpan(end, kept).CopyTo(buffer);
        }
    }

    private static string Decode(string path, ReadOnlySpan<byte> bytes, (int Line, int Column) place)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            (int line, int column) = Behind(
                Encoding.UTF8.GetString(bytes[..Math.Clamp(exception.Index, 0, bytes.Length)]),
                place);
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path, line, column),
                "the file is not UTF-8 text; convert it to UTF-8",
                exception);
        }
    }

    private static (int Line, int Column) Behind(ReadOnlySpan<char> text, (int Line, int Column) place)
    {
        int lastBreak = text.LastIndexOf('\n');
        return lastBreak < 0
            ? (place.Line, place.Column + text.Length)
            : (place.Line + text.Count('\n'), text.Length - lastBreak);
    }

    /// <summary>Where the last character begins that may go on in the next block.</summary>
    private static int EndOfCharacters(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back < LongestCharacter; back++)
        {
            byte last = bytes[^back];
            if (last >= 0xC0)
            {
                return bytes.Length - back;
            }

            if (last < 0x80)
            {
                break;
            }
        }

        return bytes.Length;
    }
}
