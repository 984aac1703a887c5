using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Pruning.Calibration.Parquet;

namespace SparseLlm.Pruning.Calibration;

/// <summary>
/// The columns of text of a Parquet file. Of a file only its footer and the pages of the columns that are asked for are
/// read, one page at a time, so that the beginning of a large one costs little; and none of it is trusted, so that a
/// damaged one is an error and takes no more memory than it has bytes.
/// </summary>
/// <remarks>
/// Not Parquet.Net (6.1), which the tests write with: it loops without end over a footer that has a field in another's
/// place, decodes a column of a whole group of rows at once, and allocates what pages claim. Files come from the hub.
/// </remarks>
internal sealed class ParquetFile : IDisposable
{
    private const int TailLength = 8;

    // Of a thousand columns in a thousand groups of rows.
    private const int LongestFooter = 1 << 28;

    private readonly string path;
    private readonly SafeFileHandle file;
    private readonly ReadingLimit limit;
    private readonly ParquetFooter footer;

    private ParquetFile(string path, SafeFileHandle file, ReadingLimit limit)
    {
        this.path = path;
        this.file = file;
        this.limit = limit;
        footer = ParquetFooter.Read(ReadFooter());
    }

    /// <summary>Opens a file, and reads its footer.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="limit">Counts the texts that are read.</param>
    /// <exception cref="DiagnosticException">It cannot be read, or is none.</exception>
    public static ParquetFile Open(string path, ReadingLimit limit)
    {
        try
        {
            SafeFileHandle file = RegularFile.Open(path, options: FileOptions.RandomAccess);
            try
            {
                return new ParquetFile(path, file, limit);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception exception)
            when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw Error(path, exception);
        }
    }

    /// <summary>Why a field cannot be read as text; null if it can.</summary>
    public string? ProblemOfText(FieldPath field)
    {
        ParquetNode? node = footer.Root.Find(field.ToString());
        if (node is { IsText: true, Item: null })
        {
            return null;
        }

        string[] below = node is null || node.Column >= 0 && node.Item is null
            ? []
            : [.. node.TextPaths(field.ToString())];
        return below.Length > 0 ? $"the column '{field}' {(node!.Item is null ? "has columns in it" : "is a list")}; "
            + $"write {string.Join(" or ", below.Select(path => $"'{path}'"))}"
            : $"{(node is null ? $"there is no column '{field}'" : $"the column '{field}' does not hold text")}; "
                + $"{Choice("field", field)}";
    }

    /// <summary>Why a field cannot be read as messages; null if it can.</summary>
    public string? ProblemOfChat(FieldPath field)
    {
        ParquetNode? node = footer.Root.Find(field.ToString());
        string[] members = node?.Item is { } item
            ? [.. item.Children.Where(child => child.IsText).Select(child => child.Name)]
            : [];
        return node is null ? $"there is no column '{field}'; {ChoiceOfLists(field)}"
            : members.Contains("role") && members.Contains("content") ? null
            : members.Contains("from") && members.Contains("value") ? Conversation.FromAndValue
            : $"the column '{field}' holds no messages; {Conversation.Form}, both text";
    }

    /// <summary>The texts of its rows; rows that have null for one are passed over.</summary>
    /// <exception cref="DiagnosticException">There is no such column, or it is damaged.</exception>
    public IEnumerable<string> Texts(FieldPath field)
    {
        Require(ProblemOfText(field));
        ParquetNode node = footer.Root.Find(field.ToString())!;
        return Guarded(Rows([node]).Select(row => row.Values[0].Select(value => value.Text).OfType<string>().ToArray())
            .Where(texts => texts.Length > 0)
            .Select(texts => string.Join('\n', texts)));
    }

    /// <summary>The conversations of its rows; rows that have no messages are passed over.</summary>
    /// <param name="field">A column of lists of messages. Of a message, the columns of text are taken.</param>
    /// <exception cref="DiagnosticException">There is no such column, or it is damaged.</exception>
    public IEnumerable<Conversation> Conversations(FieldPath field)
    {
        Require(ProblemOfChat(field));
        ParquetNode message = footer.Root.Find(field.ToString())!.Item!;
        ParquetNode[] members = [.. message.Children.Where(child => child is { IsText: true, IsRepeated: false })];
        return Guarded(Rows(members).Select(row => ConversationOf(message, members, row)).OfType<Conversation>());
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private Conversation? ConversationOf(
        ParquetNode message,
        ParquetNode[] members,
        (long Number, List<ParquetValue>[] Values) row)
    {
        int count = row.Values[0].Count;
        if (count == 1 && row.Values[0][0].Definition < message.Definition)
        {
            return null;
        }

        if (row.Values.Any(values => values.Count != count))
        {
            throw new InvalidDataException("the columns of a message do not go together");
        }

        var messages = new JsonArray();
        for (int i = 0; i < count; i++)
        {
            messages.Add(new JsonObject(members.Select(
                (member, column) => KeyValuePair.Create(member.Name, (JsonNode?)row.Values[column][i].Text))));
        }

        string place = FormattableString.Invariant($"row {row.Number}: ");
        return messages.All(item => item!["role"] is not null)
            ? new Conversation(messages, new SourceLocation(path), place)
            : throw new InvalidDataException($"{place}a message has no 'role'");
    }

    /// <summary>The values of columns, row by row, with the numbers of the rows.</summary>
    private IEnumerable<(long Number, List<ParquetValue>[] Values)> Rows(ParquetNode[] nodes)
    {
        ParquetColumn[] columns = [.. nodes.Select(
            node => new ParquetColumn(file, node, length => limit.Take(path, length)))];
        long number = 0;
        foreach (IReadOnlyList<ParquetChunk> group in footer.RowGroups)
        {
            if (nodes.Any(node => node.Column >= group.Count))
            {
                throw new InvalidDataException("a group of rows lacks a column");
            }

            var readers = columns.Select((column, i) => column.Rows(group[nodes[i].Column]).GetEnumerator()).ToArray();
            try
            {
                for (int left; (left = readers.Count(reader => reader.MoveNext())) > 0;)
                {
                    number++;
                    yield return left == readers.Length
                        ? (number, [.. readers.Select(reader => reader.Current)])
                        : throw new InvalidDataException("columns do not have the same number of rows");
                }
            }
            finally
            {
                Array.ForEach(readers, reader => reader.Dispose());
            }
        }
    }

    private IEnumerable<T> Guarded<T>(IEnumerable<T> rows)
    {
        using IEnumerator<T> reader = rows.GetEnumerator();
        while (Next(reader))
        {
            yield return reader.Current;
        }
    }

    private bool Next<T>(IEnumerator<T> reader)
    {
        try
        {
            return reader.MoveNext();
        }
        catch (Exception exception)
            when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw Error(path, exception);
        }
    }

    private void Require(string? problem)
    {
        if (problem is not null)
        {
            throw PruningDiagnostics.UnreadableText.Error(new SourceLocation(path), problem);
        }
    }

    private string Choice(string key, FieldPath field)
    {
        string[] texts = [.. footer.Root.TextPaths("")];
        return texts.Length == 0
            ? "the file has no column of text"
            : $"{field.Missing(texts)}; name the column that holds the text with '{key}'";
    }

    private string ChoiceOfLists(FieldPath field)
    {
        string[] lists = [.. footer.Root.Children.Where(child => child.Item is not null).Select(child => child.Name)];
        return lists.Length == 0
            ? "the file has no column of lists"
            : $"{field.Missing(lists)}; name the column that holds the messages with 'chat'";
    }

    private byte[] ReadFooter()
    {
        long length = RandomAccess.GetLength(file);
        byte[] tail = new byte[TailLength];
        bool isTable = length > TailLength && RandomAccess.Read(file, tail, length - TailLength) == TailLength;
        if (isTable && tail.AsSpan(4).SequenceEqual("PARE"u8))
        {
            throw new InvalidDataException("it is encrypted, which is not read");
        }

        int size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!isTable || !tail.AsSpan(4).SequenceEqual("PAR1"u8) || size <= 0
            || size > Math.Min(LongestFooter, length - TailLength))
        {
            throw new InvalidDataException(
                "its end is not that of a Parquet file, so it is another file or was not copied whole");
        }

        byte[] bytes = new byte[size];
        for (int read = 0; read < size;)
        {
            read += RandomAccess.Read(file, bytes.AsSpan(read), length - TailLength - size + read) is > 0 and int step
                ? step
                : throw new IOException("the file has become shorter while it was read");
        }

        return bytes;
    }

    private static DiagnosticException Error(string path, Exception exception) => exception is InvalidDataException
        ? PruningDiagnostics.UnreadableText
            .Error(new SourceLocation(path), $"the Parquet file cannot be read: {exception.Message}", exception)
        : TextFile.Unreadable(path, exception);
}
