using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>A file of JSON lines, read line by line.</summary>
internal static class JsonLines
{
    private const int BlockSize = 1 << 16;

    /// <summary>The texts of its records; those that have null for one are passed over.</summary>
    /// <param name="file">The file.</param>
    /// <param name="field">The field that holds a text.</param>
    /// <exception cref="DiagnosticException">It cannot be read, a line is no record, or has no such field.</exception>
    public static IEnumerable<string> Texts(TextFile file, FieldPath field)
    {
        foreach ((int number, ReadOnlyMemory<byte> line) in Lines(file))
        {
            JsonRecord record = JsonRecord.Read(line.Span, element => field.Text(element));
            if (Value<string>(record, file.Path, number) is { } text)
            {
                yield return text;
            }
        }
    }

    /// <summary>The conversations of its records; those that have no messages are passed over.</summary>
    /// <param name="file">The file.</param>
    /// <param name="field">The field that holds a list of messages.</param>
    /// <exception cref="DiagnosticException">It cannot be read, a line is no record, or has no such field.</exception>
    public static IEnumerable<Conversation> Conversations(TextFile file, FieldPath field)
    {
        foreach ((int number, ReadOnlyMemory<byte> line) in Lines(file))
        {
            JsonRecord record = JsonRecord.Read(line.Span, element => Conversation.MessagesOf(element, field));
            if (Value<JsonArray>(record, file.Path, number) is { } messages)
            {
                yield return new Conversation(messages, new SourceLocation(file.Path, number, 1), "");
            }
        }
    }

    private static T? Value<T>(JsonRecord record, string path, int number)
        where T : class =>
        record.Problem.Length == 0 ? (T?)record.Value : throw PruningDiagnostics.UnreadableText
            .Error(new SourceLocation(path, number, record.Column), record.Problem);

    /// <summary>The lines that are not blank, with their numbers. Each is valid until the next.</summary>
    private static IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> Lines(TextFile file)
    {
        byte[] buffer = new byte[BlockSize];
        int number = 0;
        for (int count = 0; ;)
        {
            int read = file.Read(buffer.AsSpan(count));
            int searched = count;
            count += read;
            int start = 0;
            for (int length; (length = buffer.AsSpan(Math.Max(start, searched)..count).IndexOf((byte)'\n')) >= 0;)
            {
                int end = Math.Max(start, searched) + length;
                number++;
                if (!IsBlank(buffer.AsSpan(start..end)))
                {
                    yield return (number, buffer.AsMemory(start..end));
                }

                start = end + 1;
            }

            if (count < buffer.Length)
            {
                if (!IsBlank(buffer.AsSpan(start..count)))
                {
                    yield return (number + 1, buffer.AsMemory(start..count));
                }

                yield break;
            }

            buffer.AsSpan(start..count).CopyTo(buffer);
            count -= start;
            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, 2L * buffer.Length));
            }
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8).IsEmpty;
}
