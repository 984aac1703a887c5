using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>A part of a file that is read from its beginning on. Nothing is allocated for more than there is.</summary>
/// <param name="file">The file.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="start">The first byte.</param>
/// <param name="end">Where it ends.</param>
internal sealed class PickleBytes(SafeFileHandle file, string path, long start, long end)
{
    // Some 200 bytes for each tensor.
    private const long MaximumLength = 100_000_000;
    private const int BufferLength = 1 << 16;
    private const int LongestLine = 1000;

    private readonly byte[] buffer = new byte[BufferLength];
    private int next;
    private int filled;
    private readonly long limit = start + MaximumLength;
    private long position = start;

    /// <summary>The place in the file of the next byte.</summary>
    public long Position => position - (filled - next);

    /// <summary>The file's path, for messages.</summary>
    public string Path => path;

    /// <summary>The next byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>The next two bytes as a number.</summary>
    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    /// <summary>The next four bytes as a number.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>The next four bytes as a number without a sign.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    /// <summary>The next eight bytes as a number.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>The next eight bytes as a floating-point number, which pickles have big-endian.</summary>
    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));

    /// <summary>Text up to the end of a line.</summary>
    public string Line()
    {
        var line = new List<byte>();
        for (byte one = Byte(); one != '\n'; one = Byte())
        {
            line.Add(one);
            if (line.Count > LongestLine)
            {
                throw TorchRefusal.Malformed(path, $"a name in the pickle is longer than {LongestLine} bytes");
            }
        }

        return System.Text.Encoding.Latin1.GetString([.. line]);
    }

    /// <summary>The next bytes, which are there until more are asked for.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        Require(count);
        if (count > BufferLength)
        {
            byte[] bytes = new byte[count];
            int known = filled - next;
            buffer.AsSpan(next, known).CopyTo(bytes);
            FileBytes.Read(file, position, bytes.AsSpan(known), path);
            position += count - known;
            next = filled;
            return bytes;
        }

        if (filled - next < count)
        {
            Fill();
        }

        next += (int)count;
        return buffer.AsSpan(next - (int)count, (int)count);
    }

    /// <summary>Passes over the next bytes.</summary>
    public void Skip(long count)
    {
        Require(count);
        position = Position + count;
        next = filled = 0;
    }

    private void Require(long count)
    {
        if (count < 0 || count > end - Position)
        {
            throw TorchRefusal.Truncated(path, "the pickle extends beyond the end of its container");
        }

        if (count > limit - Position)
        {
            throw TorchRefusal.Malformed(path, FormattableString.Invariant(
                $"the pickle has more than {MaximumLength} bytes, which no list of tensors needs"));
        }
    }

    private void Fill()
    {
        int known = filled - next;
        buffer.AsSpan(next, known).CopyTo(buffer);
        int more = (int)Math.Min(BufferLength - known, end - position);
        FileBytes.Read(file, position, buffer.AsSpan(known, more), path);
        position += more;
        (next, filled) = (0, known + more);
    }
}
