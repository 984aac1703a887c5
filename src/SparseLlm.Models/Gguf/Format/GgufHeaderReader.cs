using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>Reads the values of a header one behind the other. None is longer than what is left of the file, or of what
/// a header can take within reason.</summary>
/// <param name="file">The open file.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="malformed">Makes the error of a file that breaks the format.</param>
internal sealed class GgufHeaderReader(SafeFileHandle file, string path, Func<string, DiagnosticException> malformed)
{
    // The largest vocabularies take some 20 MB.
    private const long MaximumLength = 1 << 28;
    private const int BufferLength = 1 << 16;

    private readonly byte[] buffer = new byte[BufferLength];
    private int start;
    private int count;
    private long next;

    /// <summary>Bytes of the file.</summary>
    public long FileLength { get; } = RandomAccess.GetLength(file);

    /// <summary>Where the next value begins.</summary>
    public long Position => next - count + start;

    /// <summary>Bytes that can follow.</summary>
    public long Remaining => Math.Min(FileLength, MaximumLength) - Position;

    /// <summary>Makes sure that so many things can follow.</summary>
    /// <param name="things">How many.</param>
    /// <param name="least">Bytes that each of them takes at least.</param>
    /// <param name="kind">What they are, for messages.</param>
    public void Require(ulong things, int least, string kind)
    {
        if (things > (ulong)(Remaining / least))
        {
            throw malformed(
                FormattableString.Invariant(
                    $"the header says {things} {kind}, for which {Remaining} bytes are too few"));
        }
    }

    /// <summary>A number.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    /// <summary>A number.</summary>
    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>A text.</summary>
    public string Text()
    {
        ulong length = UInt64();
        Require(length, sizeof(byte), "bytes of a text");
        if (length <= BufferLength)
        {
            return Encoding.UTF8.GetString(Take((int)length));
        }

        byte[] bytes = new byte[length];
        Fill(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A value of the metadata: its type, then itself.</summary>
    /// <param name="key">Its key, for messages.</param>
    public object Value(string key)
    {
        GgufValueType type = Type(key);
        if (type != GgufValueType.Array)
        {
            return Single(type, key);
        }

        GgufValueType element = Type(key);
        ulong length = UInt64();
        switch (element)
        {
            case GgufValueType.Array:
                throw malformed($"'{Excerpt.Of(key)}' is an array of arrays, which no program writes");
            case GgufValueType.Text:
                Require(length, sizeof(ulong), "texts");
                return Texts((int)length);
            case GgufValueType.Bool:
                Require(length, sizeof(byte), "elements");
                byte[] flags = Numbers<byte>((int)length);
                return flags.All(flag => flag <= 1) ? Array.ConvertAll(flags, flag => flag == 1) : throw NoFlag(key);
            default:
                return Numbers(element, length);
        }
    }

    private string[] Texts(int length)
    {
        // Grown as texts come, since an empty one takes less in the file than in memory.
        var texts = new List<string>();
        for (int i = 0; i < length; i++)
        {
            texts.Add(Text());
        }

        return [.. texts];
    }

    private Array Numbers(GgufValueType element, ulong length)
    {
        int size = element switch
        {
            GgufValueType.UInt8 or GgufValueType.Int8 => sizeof(byte),
            GgufValueType.UInt16 or GgufValueType.Int16 => sizeof(short),
            GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => sizeof(int),
            _ => sizeof(long),
        };
        Require(length, size, "elements");
        int count = (int)length;
        return element switch
        {
            GgufValueType.UInt8 => Numbers<byte>(count),
            GgufValueType.Int8 => Numbers<sbyte>(count),
            GgufValueType.UInt16 => Numbers<ushort>(count),
            GgufValueType.Int16 => Numbers<short>(count),
            GgufValueType.UInt32 => Numbers<uint>(count),
            GgufValueType.Int32 => Numbers<int>(count),
            GgufValueType.Float32 => Numbers<float>(count),
            GgufValueType.UInt64 => Numbers<ulong>(count),
            GgufValueType.Int64 => Numbers<long>(count),
            _ => Numbers<double>(count),
        };
    }

    private T[] Numbers<T>(int length)
        where T : unmanaged
    {
        var numbers = new T[length];
        Fill(MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }

    private object Single(GgufValueType type, string key) => type switch
    {
        GgufValueType.Text => Text(),
        GgufValueType.Bool => Take(sizeof(byte))[0] switch { 0 => false, 1 => true, _ => throw NoFlag(key) },
        _ => Numbers(type, 1).GetValue(0)!,
    };

    private GgufValueType Type(string key)
    {
        uint number = UInt32();
        return number <= (uint)GgufValueType.Float64
            ? (GgufValueType)number
            : throw malformed(
                FormattableString.Invariant($"'{Excerpt.Of(key)}' has a value of type {number}, which there is not"));
    }

    private DiagnosticException NoFlag(string key) => malformed($"'{Excerpt.Of(key)}' is neither true nor false");

    private void Fill(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int length = Math.Min(destination.Length, BufferLength);
            Take(length).CopyTo(destination);
            destination = destination[length..];
        }
    }

    /// <summary>The next bytes, good until more are taken.</summary>
    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            throw malformed("the file ends within its header");
        }

        if (count - start < length)
        {
            long position = Position;
            count = (int)Math.Min(BufferLength, FileLength - position);
            FileBytes.Read(file, position, buffer.AsSpan(0, count), path);
            (start, next) = (0, position + count);
        }

        start += length;
        return buffer.AsSpan(start - length, length);
    }
}
