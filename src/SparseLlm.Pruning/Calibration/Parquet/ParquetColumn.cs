using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>A column of text, read page by page.</summary>
/// <param name="file">The file.</param>
/// <param name="column">The column.</param>
/// <param name="take">Told how long the texts are, before there are more of them in memory; throws where it is too
/// much.</param>
internal sealed class ParquetColumn(SafeFileHandle file, ParquetNode column, Action<long> take)
{
    // A few bytes can say that a row has a billion values.
    private const int LongestRow = 1 << 22;

    // Headers have statistics in them, with texts as long as the longest.
    private const int FirstHeader = 1 << 12;
    private const int LongestHeader = 1 << 26;

    // Writers have pages of a megabyte; some have one for a whole group of rows.
    private const int LargestPage = 1 << 29;

    private readonly long length = RandomAccess.GetLength(file);

    /// <summary>Its values in a group of rows, row after row.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IEnumerable<List<ParquetValue>> Rows(ParquetChunk chunk)
    {
        var row = new List<ParquetValue>();
        foreach (ParquetValue value in Values(chunk))
        {
            if (value.Repetition == 0 && row.Count > 0)
            {
                yield return row;
                row = [];
            }

            take(1L + (value.Text?.Length ?? 0));
            row.Add(row.Count < LongestRow ? value : throw new InvalidDataException(
                FormattableString.Invariant($"a row has more than {LongestRow} values")));
        }

        if (row.Count > 0)
        {
            yield return row;
        }
    }

    private IEnumerable<ParquetValue> Values(ParquetChunk chunk)
    {
        if (chunk.IsElsewhere)
        {
            throw new InvalidDataException("its columns are in another file, which is not read");
        }

        List<string>? dictionary = null;
        long position = chunk.Start;
        for (long left = chunk.Values; left > 0;)
        {
            PageHeader header = ReadHeader(position, out int headerLength);
            if (Math.Max(header.Size, header.StoredSize) > LargestPage)
            {
                throw new InvalidDataException(
                    string.Create(CultureInfo.InvariantCulture, $"a page has {header.Size} bytes, and "
                    + $"{LargestPage} is the most that is read of one; write the file again with smaller pages"));
            }

            ReadOnlyMemory<byte> stored = Read(position + headerLength, header.StoredSize);
            position += headerLength + header.StoredSize;
            switch (header.Kind)
            {
                case PageKind.Dictionary:
                    dictionary = [.. PageTexts.Of(
                        PageCodec.Unpack(chunk.Codec, stored, header.Size),
                        encoding: 0,
                        header.Values,
                        dictionary: null).Take(header.Values)];
                    break;
                case PageKind.Data or PageKind.DataInSecondVersion:
                    if (header.Values > left)
                    {
                        throw new InvalidDataException("a page has more values than its column");
                    }

                    foreach (ParquetValue value in Values(OpenPage(header, stored, chunk.Codec), header, dictionary))
                    {
                        yield return value;
                    }

                    left -= header.Values;
                    break;
                default:
                    break;
            }
        }
    }

    private IEnumerable<ParquetValue> Values(
        (HybridIntegers? Repetitions, HybridIntegers? Definitions, ReadOnlyMemory<byte> Data) page,
        PageHeader header,
        List<string>? dictionary)
    {
        using IEnumerator<string> texts = PageTexts.Of(page.Data, header.Encoding, header.Values, dictionary)
            .GetEnumerator();
        for (int i = 0; i < header.Values; i++)
        {
            int repetition = page.Repetitions?.Next() ?? 0;
            int definition = page.Definitions?.Next() ?? 0;
            yield return definition < column.Definition ? new ParquetValue(repetition, definition, null)
                : texts.MoveNext() ? new ParquetValue(repetition, definition, texts.Current)
                : throw new InvalidDataException("a page has fewer values than its header says");
        }
    }

    private (HybridIntegers? Repetitions, HybridIntegers? Definitions, ReadOnlyMemory<byte> Data) OpenPage(
        PageHeader header,
        ReadOnlyMemory<byte> stored,
        int codec)
    {
        if (header.Kind == PageKind.Data)
        {
            ReadOnlyMemory<byte> page = PageCodec.Unpack(codec, stored, header.Size);
            HybridIntegers? repetitions = TakeLevels(ref page, column.Repetition, header.HasHybridRepetitions);
            HybridIntegers? definitions = TakeLevels(ref page, column.Definition, header.HasHybridDefinitions);
            return (repetitions, definitions, page);
        }

        int levels = header.RepetitionBytes + header.DefinitionBytes;
        if (header.RepetitionBytes > stored.Length || header.DefinitionBytes > stored.Length - header.RepetitionBytes
            || levels > header.Size)
        {
            throw Damaged();
        }

        return (
            Levels(stored[..header.RepetitionBytes], column.Repetition),
            Levels(stored[header.RepetitionBytes..levels], column.Definition),
            header.IsPlain ? stored[levels..] : PageCodec.Unpack(codec, stored[levels..], header.Size - levels));
    }

    private static HybridIntegers? TakeLevels(ref ReadOnlyMemory<byte> page, int highest, bool isHybrid)
    {
        if (highest == 0)
        {
            return null;
        }

        if (!isHybrid)
        {
            throw new InvalidDataException(
                "the levels of a page are in an encoding of before 2013, which is not read; write the file again");
        }

        int size = page.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(page.Span) : -1;
        if (size < 0 || size > page.Length - sizeof(int))
        {
            throw Damaged();
        }

        HybridIntegers? levels = Levels(page.Slice(sizeof(int), size), highest);
        page = page[(sizeof(int) + size)..];
        return levels;
    }

    private static HybridIntegers? Levels(ReadOnlyMemory<byte> data, int highest)
        => highest == 0 ? null : new HybridIntegers(data, BitOperations.Log2((uint)highest) + 1);

    private PageHeader ReadHeader(long position, out int headerLength)
    {
        for (int window = FirstHeader; ; window *= 4)
        {
            bool isLast = window >= LongestHeader || window >= length - position;
            try
            {
                return PageHeader.Read(
                    Read(position, (int)Math.Min(window, Math.Max(0, length - position))).Span,
                    out headerLength);
            }
            catch (InvalidDataException) when (!isLast)
            {
                // It may go on behind what was read of it.
            }
        }
    }

    private ReadOnlyMemory<byte> Read(long position, int count)
    {
        if (position < 0 || position > length || count > length - position)
        {
            throw Damaged();
        }

        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            read += RandomAccess.Read(file, bytes.AsSpan(read), position + read) is > 0 and int step
                ? step
                : throw new IOException("the file has become shorter while it was read");
        }

        return bytes;
    }

    private static InvalidDataException Damaged() => new("a page is not where it should be, or not as long");
}
