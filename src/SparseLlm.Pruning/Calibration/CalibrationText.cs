using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Reads the token ids of a text: its files joined, encoded once, with the tokenizer's special tokens.</summary>
public static class CalibrationText
{
    // As a whole it is one string and one list of ids, which can have about as many elements.
    private const long MaximumLength = 1_000_000_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>The token ids of a text.</summary>
    /// <param name="source">Its files.</param>
    /// <param name="tokenizer">Called only if the files hold text, not token ids.</param>
    /// <exception cref="DiagnosticException">A file is missing, not UTF-8, too long, or not of the form that its name promises.</exception>
    public static int[] ReadIds(TextSource source, Func<Tokenizer> tokenizer)
    {
        TextCheck.Require(source);
        return source.Paths.All(path => TextFormats.Of(path) == TextFormat.TokenIds)
            ? [.. ReadFiles(source).SelectMany(file => NpyIds.Decode(file.Bytes, file.Path))]
            : tokenizer().Encode(ReadText(source));
    }

    private static string ReadText(TextSource source)
    {
        var text = new StringBuilder();
        foreach ((string path, byte[] bytes) in ReadFiles(source))
        {
            if (TextFormats.Of(path) == TextFormat.JsonLines)
            {
                AppendRecords(text, path, bytes, source.Field);
            }
            else
            {
                text.Append(Decode(path, bytes));
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Path, byte[] Bytes)> ReadFiles(TextSource source)
    {
        long room = MaximumLength;
        foreach (string path in source.Paths)
        {
            byte[] bytes = ReadFile(path, room);
            room -= bytes.Length;
            yield return (path, bytes);
        }
    }

    private static byte[] ReadFile(string path, long room)
    {
        try
        {
            return new FileInfo(path).Length <= room
                ? RegularFile.ReadAllBytes(path, room)
                : throw PruningDiagnostics.UnreadableText.Error(
                    new SourceLocation(path), FormattableString.Invariant($"with this file the text has more than {MaximumLength} bytes, and no more are read; use a part of it"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PruningDiagnostics.UnreadableText.Error(new SourceLocation(path), $"the file cannot be read: {exception.Message}", exception);
        }
    }

    private static string Decode(string path, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> content = bytes.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        try
        {
            return StrictUtf8.GetString(content);
        }
        catch (DecoderFallbackException exception)
        {
            ReadOnlySpan<byte> before = content[..Math.Clamp(exception.Index, 0, content.Length)];
            int column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path, before.Count((byte)'\n') + 1, column), "the file is not UTF-8 text; convert it to UTF-8", exception);
        }
    }

    private static void AppendRecords(StringBuilder text, string path, ReadOnlySpan<byte> bytes, string field)
    {
        int number = 0;
        foreach (Range range in bytes.Split((byte)'\n'))
        {
            number++;
            ReadOnlySpan<byte> line = bytes[range];
            if (line.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            JsonRecord record = JsonRecord.Read(line, field);
            text.Append(record.Text ?? throw PruningDiagnostics.UnreadableText.Error(new SourceLocation(path, number, record.Column), record.Problem)).Append('\n');
        }
    }
}
