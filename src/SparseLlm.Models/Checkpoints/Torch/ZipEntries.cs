using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>Where the entries of a zip archive lie in the file, one behind the other.</summary>
/// <param name="file">The file.</param>
/// <param name="path">Its path, for messages.</param>
internal sealed class ZipEntries(SafeFileHandle file, string path)
{
    // A directory of more entries than tensors, with the longest names that torch writes.
    private const int MaximumEntries = SafetensorsHeader.MaximumTensors + 100;
    private const long MaximumDirectory = 100_000_000;
    private const int EndLength = 22;
    private const int LongestComment = ushort.MaxValue;
    private const int Zip64LocatorLength = 20;
    private const int Zip64EndLength = 56;
    private const int DirectoryEntryLength = 46;
    private const int LocalHeaderLength = 30;
    private const ushort Zip64Field = 1;
    private const uint IsLink = 0xA000;
    private const uint TypeOfFile = 0xF000;
    private const int Unix = 3;

    private readonly long length = RandomAccess.GetLength(file);

    private static ReadOnlySpan<byte> EndSignature => "PK\x05\x06"u8;

    private static ReadOnlySpan<byte> Zip64LocatorSignature => "PK\x06\x07"u8;

    private static ReadOnlySpan<byte> Zip64EndSignature => "PK\x06\x06"u8;

    private static ReadOnlySpan<byte> DirectorySignature => "PK\x01\x02"u8;

    private static ReadOnlySpan<byte> LocalSignature => "PK\x03\x04"u8;

    /// <summary>The entries by their names.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">The archive breaks its format.</exception>
    public IReadOnlyDictionary<string, ZipEntry> Read()
    {
        (long start, long size, long count) = Directory();
        byte[] directory = new byte[size];
        FileBytes.Read(file, start, directory, path);
        Dictionary<string, ZipEntry> entries = [];
        var rest = new ReadOnlySpan<byte>(directory);
        for (long i = 0; i < count; i++)
        {
            ZipEntry entry = Entry(ref rest, start);
            if (!entries.TryAdd(entry.Name, entry))
            {
                throw Malformed($"the archive has two entries '{Excerpt.Of(entry.Name)}'");
            }
        }

        RequireApart(entries.Values);
        return entries;
    }

    /// <summary>Where the directory is, which stands behind the entries, and what tells is behind that.</summary>
    private (long Start, long Size, long Count) Directory()
    {
        byte[] tail = new byte[Math.Min(length, EndLength + LongestComment)];
        FileBytes.Read(file, length - tail.Length, tail, path);
        int place = tail.AsSpan().LastIndexOf(EndSignature);
        if (place < 0 || tail.Length - place < EndLength)
        {
            throw TorchRefusal.Truncated(path, "the archive's directory is missing, which stands at its end");
        }

        ReadOnlySpan<byte> end = tail.AsSpan(place);
        long endStart = length - tail.Length + place;
        (long count, long size, long start) = (UInt16(end, 10), UInt32(end, 12), UInt32(end, 16));
        if (count == ushort.MaxValue || size == uint.MaxValue || start == uint.MaxValue)
        {
            (count, size, start) = Zip64Directory(endStart);
        }

        if (start < 0 || size < 0 || start > endStart || size > endStart - start)
        {
            throw Malformed("the archive's directory is said to be outside the file");
        }

        return count is >= 0 and <= MaximumEntries && size <= MaximumDirectory && count <= size / DirectoryEntryLength
            ? (start, size, count)
            : throw Malformed(string.Create(CultureInfo.InvariantCulture,
                $"the archive is said to have {count} entries, which its "
                + $"directory of {size} bytes cannot hold or no model has"));
    }

    private (long Count, long Size, long Start) Zip64Directory(long endStart)
    {
        Span<byte> locator = stackalloc byte[Zip64LocatorLength];
        Span<byte> end = stackalloc byte[Zip64EndLength];
        if (endStart >= Zip64LocatorLength)
        {
            FileBytes.Read(file, endStart - Zip64LocatorLength, locator, path);
            long place = Int64(locator, 8);
            if (locator.StartsWith(Zip64LocatorSignature) && place >= 0
                && place <= endStart - Zip64LocatorLength - Zip64EndLength)
            {
                FileBytes.Read(file, place, end, path);
                if (end.StartsWith(Zip64EndSignature))
                {
                    return (Int64(end, 32), Int64(end, 40), Int64(end, 48));
                }
            }
        }

        throw Malformed("the archive is a large one (zip64) whose directory is not where it should be");
    }

    private ZipEntry Entry(ref ReadOnlySpan<byte> directory, long directoryStart)
    {
        if (directory.Length < DirectoryEntryLength || !directory.StartsWith(DirectorySignature))
        {
            throw Malformed("the archive's directory is damaged");
        }

        (int nameLength, int extraLength, int commentLength) = (UInt16(directory, 28), UInt16(directory, 30), UInt16(
            directory,
            32));
        if (directory.Length - DirectoryEntryLength < nameLength + extraLength + commentLength)
        {
            throw Malformed("the archive's directory is damaged");
        }

        string name = Encoding.UTF8.GetString(directory.Slice(DirectoryEntryLength, nameLength));
        ReadOnlySpan<byte> extra = directory.Slice(DirectoryEntryLength + nameLength, extraLength);
        (long stored, long size, long header) = (UInt32(directory, 20), UInt32(directory, 24), UInt32(directory, 42));
        Widen(extra, ref size, ref stored, ref header);
        string? flaw = Flaw(directory, stored, size);
        if (header < 0 || header > directoryStart - LocalHeaderLength)
        {
            throw Malformed($"entry '{Excerpt.Of(name)}' is said to be outside the archive");
        }

        directory = directory[(DirectoryEntryLength + nameLength + extraLength + commentLength)..];
        long data = header + LocalHeaderLength + LocalLengths(name, header);
        return stored >= 0 && data <= directoryStart && stored <= directoryStart - data
            ? new ZipEntry(name, header, data, stored, flaw)
            : throw Malformed($"entry '{Excerpt.Of(name)}' extends beyond the end of the archive");
    }

    /// <summary>Numbers that need more than 32 bits are in a field of their own, in this order.</summary>
    private static void Widen(ReadOnlySpan<byte> extra, ref long size, ref long stored, ref long header)
    {
        while (extra.Length >= 4)
        {
            int fieldLength = Math.Min(UInt16(extra, 2), extra.Length - 4);
            if (UInt16(extra, 0) == Zip64Field)
            {
                ReadOnlySpan<byte> field = extra.Slice(4, fieldLength);
                Take(ref field, ref size);
                Take(ref field, ref stored);
                Take(ref field, ref header);
                return;
            }

            extra = extra[(4 + fieldLength)..];
        }

        static void Take(ref ReadOnlySpan<byte> field, ref long number)
        {
            if (number == uint.MaxValue && field.Length >= sizeof(long))
            {
                number = Int64(field, 0);
                field = field[sizeof(long)..];
            }
        }
    }

    private static string? Flaw(ReadOnlySpan<byte> entry, long stored, long size)
    {
        (int madeBy, int flags, int method, uint attributes) = (entry[5], UInt16(entry, 8), UInt16(
            entry,
            10), (uint)UInt32(entry, 38));
        return (flags & 1) != 0 ? "is encrypted"
            : method != 0 || stored != size ? "is compressed, which torch.save does not do"
            : madeBy == Unix && ((attributes >> 16) & TypeOfFile) == IsLink ? "is a link"
            : null;
    }

    /// <summary>What stands between the header before an entry and its bytes.</summary>
    private int LocalLengths(string name, long header)
    {
        Span<byte> local = stackalloc byte[LocalHeaderLength];
        FileBytes.Read(file, header, local, path);
        return local.StartsWith(LocalSignature)
            ? UInt16(local, 26) + UInt16(local, 28)
            : throw Malformed($"entry '{Excerpt.Of(name)}' is not where the archive's directory says");
    }

    private void RequireApart(IEnumerable<ZipEntry> entries)
    {
        ZipEntry? before = null;
        foreach (ZipEntry entry in entries.OrderBy(entry => entry.Header))
        {
            if (before is not null && before.Start + before.Length > entry.Header)
            {
                throw Malformed($"entries '{Excerpt.Of(before.Name)}' and '{Excerpt.Of(entry.Name)}' overlap");
            }

            before = entry;
        }
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, int offset)
        => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static long UInt32(ReadOnlySpan<byte> bytes, int offset)
        => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int offset)
        => BinaryPrimitives.ReadInt64LittleEndian(bytes[offset..]);

    private Diagnostics.DiagnosticException Malformed(string problem) => TorchRefusal.Malformed(path, problem);
}

/// <summary>An entry of an archive.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Header">The first byte of the header before it.</param>
/// <param name="Start">Its own first byte in the file.</param>
/// <param name="Length">How many bytes it has there.</param>
/// <param name="Flaw">Why these are not its content; null if they are.</param>
internal sealed record ZipEntry(string Name, long Header, long Start, long Length, string? Flaw);
