using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Finds out what is wrong with the files of a text from their names and first kilobytes, before anything is computed: what is no text at all would be
/// read as one without a word.
/// </summary>
public static class TextCheck
{
    private const int Beginning = 16 * 1024;

    // One line that looks like a record may be a line of code.
    private const int LinesLookedAt = 10;

    /// <summary>Checks the files of a text.</summary>
    /// <exception cref="DiagnosticException">The first that is wrong.</exception>
    public static void Require(TextSource source)
    {
        if (Find(source).FirstOrDefault() is { } problem)
        {
            throw new DiagnosticException(problem);
        }
    }

    /// <summary>What is wrong with the files of a text, at most one thing of each, and located in it.</summary>
    public static IEnumerable<Diagnostic> Find(TextSource source)
    {
        bool isMixed = source.Paths.Select(path => TextFormats.Of(path) == TextFormat.TokenIds).Distinct().Count() > 1;
        return source.Paths.Distinct().Select(path => Find(path, source.Field, isMixed)).OfType<Diagnostic>();
    }

    private static Diagnostic? Find(string path, string field, bool isMixed)
    {
        TextFormat format = TextFormats.Of(path);
        if (isMixed && format == TextFormat.TokenIds)
        {
            return PruningDiagnostics.UnreadableText.At(new SourceLocation(path), "token ids (.npy) cannot be mixed with text; use one or the other");
        }

        if (TextFormats.Unsupported(path) is { } unsupported)
        {
            return PruningDiagnostics.TextFormatUnsupported.At(new SourceLocation(path), unsupported);
        }

        try
        {
            using SafeFileHandle file = RegularFile.Open(path);
            long length = RandomAccess.GetLength(file);
            byte[] beginning = new byte[Math.Min(length, Beginning)];
            int count = RandomAccess.Read(file, beginning, fileOffset: 0);
            return Find(path, format, field, beginning.AsSpan(0, count), length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return PruningDiagnostics.UnreadableText.At(new SourceLocation(path), $"the file cannot be read: {exception.Message}");
        }
    }

    private static Diagnostic? Find(string path, TextFormat format, string field, ReadOnlySpan<byte> beginning, long length)
    {
        if (GitLfsPointer.IsPointer(beginning))
        {
            return PruningDiagnostics.TextNotFetched.At(new SourceLocation(path), GitLfsPointer.Problem);
        }

        if (format == TextFormat.TokenIds)
        {
            return NpyHeader.TryRead(beginning, length, out string problem) is null ? PruningDiagnostics.UnreadableText.At(new SourceLocation(path), problem) : null;
        }

        bool isWhole = beginning.Length == length;
        if (Binary(beginning, isWhole) is { } binary)
        {
            return PruningDiagnostics.TextFormatUnsupported.At(new SourceLocation(path), binary);
        }

        return format == TextFormat.JsonLines ? FirstRecord(path, field, beginning, isWhole) : Records(path, beginning, isWhole);
    }

    /// <summary>Why a file is not text in UTF-8, as far as its beginning shows.</summary>
    private static string? Binary(ReadOnlySpan<byte> beginning, bool isWhole)
    {
        if (beginning.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || beginning.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return "the file is UTF-16; convert it to UTF-8";
        }

        if (beginning.Contains((byte)0))
        {
            return "the file is binary, not text; unpack or convert it to UTF-8 text, or to JSON lines (.jsonl)";
        }

        // The last character may be cut.
        int most = isWhole ? 0 : Math.Min(3, beginning.Length);
        for (int cut = 0; cut <= most; cut++)
        {
            if (Utf8.IsValid(beginning[..^cut]))
            {
                return null;
            }
        }

        return "the file is not UTF-8 text; convert it to UTF-8";
    }

    /// <summary>What is wrong with the first record.</summary>
    private static Diagnostic? FirstRecord(string path, string field, ReadOnlySpan<byte> beginning, bool isWhole)
    {
        int number = 0;
        foreach ((Range range, bool isEnded) in Lines(beginning))
        {
            number++;
            ReadOnlySpan<byte> line = beginning[range];
            if (IsBlank(line))
            {
                continue;
            }

            // What is here of a long record says whether it is one.
            if (!isEnded && !isWhole && JsonRecord.CanBegin(WithoutMark(line)))
            {
                return null;
            }

            JsonRecord record = JsonRecord.Read(line, field);
            return record.Text is null ? PruningDiagnostics.UnreadableText.At(new SourceLocation(path, number, record.Column), record.Problem) : null;
        }

        return null;
    }

    /// <summary>Whether what is called text is JSON records, line after line.</summary>
    private static Diagnostic? Records(string path, ReadOnlySpan<byte> beginning, bool isWhole)
    {
        int records = 0;
        foreach ((Range range, bool isEnded) in Lines(beginning))
        {
            ReadOnlySpan<byte> line = WithoutMark(beginning[range]);
            if (IsBlank(line))
            {
                continue;
            }

            if (!(isEnded || isWhole ? JsonRecord.IsObject(line) : JsonRecord.CanBegin(line)))
            {
                return null;
            }

            if (++records == LinesLookedAt)
            {
                break;
            }
        }

        return records == 0
            ? null
            : PruningDiagnostics.TextFormatUnsupported.At(
                new SourceLocation(path),
                "the file is called text, but its lines are JSON records, whose braces and names would be read along; let its name end in .jsonl, and name the field that holds the text with 'field'");
    }

    /// <summary>The lines, and whether each has its end.</summary>
    private static List<(Range Line, bool IsEnded)> Lines(ReadOnlySpan<byte> text)
    {
        var lines = new List<(Range, bool)>();
        for (int start = 0; start < text.Length;)
        {
            int length = text[start..].IndexOf((byte)'\n');
            lines.Add(length < 0 ? (start.., false) : (start..(start + length), true));
            start = length < 0 ? text.Length : start + length + 1;
        }

        return lines;
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith("\uFEFF"u8) ? text[3..] : text;

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8).IsEmpty;
}
