using System.Buffers.Binary;
using System.Text;

namespace SparseLlm.Pruning.Calibration.Parquet;

/// <summary>The texts in the values of a page.</summary>
internal static class PageTexts
{
    private const int Plain = 0;
    private const int PlainDictionary = 2;
    private const int DeltaLength = 6;
    private const int DeltaBytes = 7;
    private const int Dictionary = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true);

    /// <summary>The texts, one by one.</summary>
    /// <param name="data">The values, unpacked.</param>
    /// <param name="encoding">The number of their encoding.</param>
    /// <param name="most">How many there can be.</param>
    /// <param name="dictionary">The texts of the dictionary; null if the column has none.</param>
    /// <exception cref="InvalidDataException">They are damaged, not UTF-8, or in another encoding.</exception>
    public static IEnumerable<string> Of(
        ReadOnlyMemory<byte> data,
        int encoding,
        int most,
        IReadOnlyList<string>? dictionary) => encoding switch
        {
            Plain => OfPlain(data),
            PlainDictionary or Dictionary => OfDictionary(
                data,
                dictionary ?? throw new InvalidDataException("the dictionary of a column is missing")),
            DeltaLength => OfLengths(data, most).Select(bytes => Decode(bytes.Span)),
            DeltaBytes => OfPrefixes(data, most),
            _ => throw new InvalidDataException("the values of a column are encoded in a way that texts are not"),
        };

    private static IEnumerable<string> OfPlain(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
        {
            if (data.Length < sizeof(int) || BinaryPrimitives.ReadInt32LittleEndian(data.Span) is var length
                && (length < 0 || length > data.Length - sizeof(int)))
            {
                throw new InvalidDataException("a text of a page is cut off");
            }

            yield return Decode(data.Span.Slice(sizeof(int), length));
            data = data[(sizeof(int) + length)..];
        }
    }

    private static IEnumerable<string> OfDictionary(ReadOnlyMemory<byte> data, IReadOnlyList<string> dictionary)
    {
        if (data.IsEmpty || data.Span[0] > 32)
        {
            throw new InvalidDataException("the places of a page are damaged");
        }

        for (var places = new HybridIntegers(data[1..], data.Span[0]); ;)
        {
            int place = places.Next();
            yield return place >= 0 && place < dictionary.Count
                ? dictionary[place]
                : throw new InvalidDataException("a value has no place in its dictionary");
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> OfLengths(ReadOnlyMemory<byte> data, int most)
    {
        int[] lengths = DeltaIntegers.Decode(data.Span, most, out int start);
        foreach (int length in lengths)
        {
            if (length > data.Length - start)
            {
                throw new InvalidDataException("a text of a page is cut off");
            }

            yield return data.Slice(start, length);
            start += length;
        }
    }

    /// <summary>Each text is the beginning of the one before it, and what follows.</summary>
    private static IEnumerable<string> OfPrefixes(ReadOnlyMemory<byte> data, int most)
    {
        int[] prefixes = DeltaIntegers.Decode(data.Span, most, out int start);
        byte[] text = [];
        foreach ((int prefix, ReadOnlyMemory<byte> rest) in prefixes.Zip(OfLengths(data[start..], most)))
        {
            text = prefix <= text.Length
                ? [.. text.AsSpan(0, prefix), .. rest.Span]
                : throw new InvalidDataException("a text of a page has no beginning");
            yield return Decode(text);
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException("a text is not UTF-8", exception);
        }
    }
}
