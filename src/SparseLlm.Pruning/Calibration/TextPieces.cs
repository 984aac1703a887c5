using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>The pieces that a text is put together of, read as they are asked for.</summary>
/// <param name="source">The text.</param>
/// <param name="isWhole">Whether all of them will be asked for.</param>
/// <param name="most">How many bytes are read at most.</param>
internal sealed class TextPieces(TextSource source, bool isWhole, long most = ReadingLimit.Most)
{
    private const string EndOfRecord = "\n";

    private readonly ReadingLimit limit = new(most);

    // Of files that have as many records as are wanted, nothing says how much of them is read.
    private readonly bool isToTheEnd = isWhole && source.Records is null;

    /// <summary>The text: joined, the pieces are all of it.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read, or is not of the form that its name
    /// promises.</exception>
    public IEnumerable<string> Texts()
    {
        int records = 0;
        foreach (string path in source.Paths)
        {
            foreach (IEnumerable<string> record in Records(path))
            {
                if (records++ == source.Records)
                {
                    yield break;
                }

                if (source.Join is { } join && records > 1)
                {
                    limit.Take(path, join.Length);
                    yield return join;
                }

                foreach (string piece in record)
                {
                    yield return piece;
                }
            }
        }
    }

    /// <summary>The conversations, in order.</summary>
    /// <exception cref="DiagnosticException">A file cannot be read, or is not of the form that its name
    /// promises.</exception>
    public IEnumerable<Conversation> Conversations()
        => source.Records is { } records ? AllConversations().Take(records) : AllConversations();

    private IEnumerable<Conversation> AllConversations()
    {
        var field = new FieldPath(source.Chat!);
        foreach (string path in source.Paths)
        {
            if (TextFormats.Of(path) == TextFormat.Parquet)
            {
                using ParquetFile table = ParquetFile.Open(path, limit);
                foreach (Conversation conversation in table.Conversations(field))
                {
                    yield return conversation;
                }
            }
            else
            {
                using TextFile file = TextFile.Open(path, limit, isToTheEnd);
                foreach (Conversation conversation in JsonLines.Conversations(file, field))
                {
                    yield return conversation;
                }
            }
        }
    }

    /// <summary>The records of a file, each in pieces.</summary>
    private IEnumerable<IEnumerable<string>> Records(string path)
    {
        var field = new FieldPath(source.Field);
        switch (TextFormats.Of(path))
        {
            case TextFormat.Parquet:
                using (ParquetFile table = ParquetFile.Open(path, limit))
                {
                    foreach (string text in table.Texts(field))
                    {
                        yield return Record(text);
                    }
                }

                break;
            case TextFormat.JsonLines:
                using (TextFile file = TextFile.Open(path, limit, isToTheEnd))
                {
                    foreach (string text in JsonLines.Texts(file, field))
                    {
                        yield return Record(text);
                    }
                }

                break;
            default:
                using (TextFile file = TextFile.Open(path, limit, isToTheEnd))
                {
                    yield return PlainText.Blocks(file);
                }

                break;
        }
    }

    private string[] Record(string text) => source.Join is null ? [text, EndOfRecord] : [text];
}
