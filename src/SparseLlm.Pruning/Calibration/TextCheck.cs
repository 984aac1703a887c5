using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// Finds out what is wrong with the files of a text from their names and first kilobytes, before anything is computed:
/// what is no text at all would be read as one without a word.
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
        return source.Paths.Distinct().Select(path => Find(path, source, isMixed)).OfType<Diagnostic>();
    }

    private static Diagnostic? Find(string path, TextSource source, bool isMixed)
    {
        TextFormat format = TextFormats.Of(path);
        if (isMixed && format == TextFormat.TokenIds)
        {
            return PruningDiagnostics.UnreadableText
                .At(new SourceLocation(path), "token ids (.npy) cannot be mixed with text; use one or the other");
        }

        if (TextFormats.Unsupported(path) is { } unsupported)
        {
            return PruningDiagnostics.TextFormatUnsupported.At(new SourceLocation(path), unsupported);
        }

        if (source.Chat is not null && format is not (TextFormat.JsonLines or TextFormat.Parquet))
        {
            return PruningDiagnostics.TextFormatUnsupported.At(new SourceLocation(path),
            "conversations are read from JSON lines (.jsonl) or Parquet (.parquet); give such a file, or "
                    + "leave 'chat' out");
        }

        try
        {
            byte[] beginning = new byte[Beginning];
            using SafeFileHandle file = RegularFile.Open(path);
            long length = RandomAccess.GetLength(file);
            int count = RandomAccess.Read(file, beginning, fileOffset: 0);
            return GitLfsPointer.IsPointer(beginning.AsSpan(0, count))
                ? PruningDiagnostics.TextNotFetched.At(new SourceLocation(path), GitLfsPointer.Problem)
                : format == TextFormat.TokenIds ? TokenIds(path, beginning.AsSpan(0, count), length)
                : format == TextFormat.Parquet ? Table(path, source)
                : Text(path, format, source, beginning);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return PruningDiagnostics.UnreadableText.At(new SourceLocation(path), TextFile.Reason(path, exception));
        }
        catch (DiagnosticException exception)
        {
            return exception.Diagnostics[0];
        }
    }

    private static Diagnostic? TokenIds(string path, ReadOnlySpan<byte> beginning, long length) =>
        NpyHeader.TryRead(beginning, length, out string problem) is null
            ? PruningDiagnostics.UnreadableText.At(new SourceLocation(path), problem)
            : null;

    private static Diagnostic? Table(string path, TextSource source)
    {
        using ParquetFile table = ParquetFile.Open(path, new ReadingLimit());
        string? problem = source.Chat is { } chat
            ? table.ProblemOfChat(new FieldPath(chat))
            : table.ProblemOfText(new FieldPath(source.Field));
        return problem is null ? null : PruningDiagnostics.UnreadableText.At(new SourceLocation(path), problem);
    }

    private static Diagnostic? Text(string path, TextFormat format, TextSource source, byte[] buffer)
    {
        using TextFile file = TextFile.Open(path, new ReadingLimit(), isWhole: false);
        int count = file.Read(buffer);
        ReadOnlySpan<byte> beginning = buffer.AsSpan(0, count);
        bool isWhole = count < buffer.Length;
        if (Binary(beginning, isWhole) is { } binary)
        {
            return PruningDiagnostics.TextFormatUnsupported.At(new SourceLocation(path), binary);
        }

        return format == TextFormat.JsonLines
            ? FirstRecord(path, source, beginning, isWhole)
            : Records(path, beginning, isWhole);
    }

    /// <summary>Why a file is not text in UTF-8, as far as its beginning shows.</summary>
    private static string? Binary(ReadOnlySpan<byte> beginning, bool isWhole)
    {
        if (beginning.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])
            || beginning.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
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
    private static Diagnostic? FirstRecord(string path, TextSource source, ReadOnlySpan<byte> beginning, bool isWhole)
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

            JsonRecord record = JsonRecord.Read(line, Finder(source));
            return record.Problem.Length > 0
                ? PruningDiagnostics.UnreadableText.At(new SourceLocation(path, number, record.Column), record.Problem)
                : null;
        }

        return null;
    }

    private static Func<JsonElement, (object? Value, string Problem)> Finder(TextSource source)
    {
        var field = new FieldPath(source.Chat ?? source.Field);
        return source.Chat is null ? record => field.Text(record) : record => Conversation.MessagesOf(record, field);
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
                "the file is called text, but its lines are JSON records, whose braces and names would be read along; "
                + "let its name end in .jsonl, and name the field that holds the text with 'field'");
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

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text)
        => text.StartsWith("\uFEFF"u8) ? text[3..] : text;

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8).IsEmpty;
}
