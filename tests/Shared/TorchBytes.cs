using System.Buffers.Binary;
using System.Text;

namespace SparseLlm.Tests;

/// <summary>A storage of a file of torch.save.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Class">Its class, such as <c>FloatStorage</c>.</param>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Data">Its bytes.</param>
internal sealed record TorchStorageBytes(string Key, string Class, int ElementSize, byte[] Data)
{
    public long Count { get; init; } = Data.Length / ElementSize;
}

/// <summary>A tensor of a file of torch.save.</summary>
internal sealed record TorchTensorBytes(
    string Name,
    TorchStorageBytes Storage,
    long Offset,
    long[] Shape,
    long[] Strides)
{
    public bool IsParameter { get; init; }

    /// <summary>A tensor with a storage of its own.</summary>
    public static TorchTensorBytes Whole(
        string name,
        string key,
        string type,
        int elementSize,
        long[] shape,
        byte[] data) =>
        new(name, new TorchStorageBytes(key, type, elementSize, data), 0, shape, Consecutive(shape));

    /// <summary>A matrix that is stored transposed, so that it is a view.</summary>
    public static TorchTensorBytes Turned(
        string name,
        string key,
        string type,
        int elementSize,
        long rows,
        long columns,
        byte[] data)
    {
        byte[] turned = new byte[data.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                data.AsSpan(elementSize * (int)(row * columns + column), elementSize)
                    .CopyTo(turned.AsSpan(elementSize * (int)(column * rows + row)));
            }
        }

        return new TorchTensorBytes(
            name,
            new TorchStorageBytes(key, type, elementSize, turned),
            0,
            [rows, columns],
            [1, rows]);
    }

    private static long[] Consecutive(long[] shape)
    {
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }
}

/// <summary>Files as torch.save writes them, in both forms.</summary>
internal static class TorchBytes
{
    /// <summary>The form of version 1.6 and later: a zip archive.</summary>
    public static byte[] Zip(params IEnumerable<TorchTensorBytes> tensors)
    {
        List<TorchTensorBytes> all = [.. tensors];
        return Zip(
            new PickleBytes().Protocol().StateDict(all, isOld: false).Op(".").ToArray(),
            all.Select(tensor => tensor.Storage));
    }

    /// <summary>An archive around a pickle.</summary>
    public static byte[] Zip(byte[] pickle, params IEnumerable<TorchStorageBytes> storages) => Archive(
    [
        new("archive/data.pkl", pickle),
        new("archive/.format_version", "1"u8.ToArray()),
        new("archive/byteorder", "little"u8.ToArray()),
        .. storages.DistinctBy(storage => storage.Key)
            .Select(storage => new ZipEntryBytes($"archive/data/{storage.Key}", storage.Data)),
        new("archive/version", "3\n"u8.ToArray()),
    ]);

    /// <summary>The form of earlier versions: five pickles, and storages behind them.</summary>
    public static byte[] Legacy(params IEnumerable<TorchTensorBytes> tensors)
    {
        List<TorchTensorBytes> all = [.. tensors];
        return Legacy(
            new PickleBytes().Protocol().StateDict(all, isOld: true).Op(".").ToArray(),
            all.Select(tensor => tensor.Storage));
    }

    /// <summary>The five pickles around one of them, and storages behind them.</summary>
    public static byte[] Legacy(byte[] pickle, params IEnumerable<TorchStorageBytes> storages)
    {
        TorchStorageBytes[] all = [.. storages.DistinctBy(storage => storage.Key)];
        PickleBytes keys = new PickleBytes().Protocol().Op("](");
        foreach (TorchStorageBytes storage in all)
        {
            keys.Text(storage.Key);
        }

        var bytes = new MemoryStream();
        bytes.Write(Convert.FromHexString("80028a0a6cfc9c46f9206aa850192e8002" + "4de903" + "2e"));
        bytes.Write(new PickleBytes().Protocol().Op("}(").Text("little_endian").Op(0x88).Op("u.").ToArray());
        bytes.Write(pickle);
        bytes.Write(keys.Op("e.").ToArray());
        foreach (TorchStorageBytes storage in all)
        {
            bytes.Write(Number(storage.Count, sizeof(long)));
            bytes.Write(storage.Data);
        }

        return bytes.ToArray();
    }

    /// <summary>A zip archive of entries that are stored as they are, each with bytes of nothing before it, so that it
    /// begins at a multiple of 64.</summary>
    public static byte[] Archive(params IEnumerable<ZipEntryBytes> entries)
    {
        var bytes = new MemoryStream();
        var directory = new MemoryStream();
        int count = 0;
        foreach (ZipEntryBytes entry in entries)
        {
            byte[] name = Encoding.UTF8.GetBytes(entry.Name);
            long header = entry.At ?? bytes.Length;
            if (entry.At is null)
            {
                int padding = (int)(64 - (bytes.Length + 30 + name.Length + 4) % 64);
                bytes.Write([.. "PK\x03\x04"u8, 0, 0, 0, 0, .. Number(entry.Method, 2), .. new byte[8], .. Number(
                    entry.Data.Length,
                    4), .. Number(entry.Data.Length, 4), .. Number(name.Length, 2), .. Number(padding + 4, 2),
                    .. name]);
                bytes.Write([(byte)'F', (byte)'B', .. Number(padding, 2), .. new byte[padding], .. entry.Data]);
            }

            byte[] wide = entry.IsWide
                ? [1, 0, 24, 0, .. Number(entry.Length, 8), .. Number(entry.Length, 8), .. Number(header, 8)]
                : [];
            long length = entry.IsWide ? uint.MaxValue : entry.Length;
            directory.Write([.. "PK\x01\x02"u8, 0, 3, 0, 0, .. Number(entry.Flags, 2), .. Number(
                entry.Method,
                2), .. new byte[8], .. Number(length, 4), .. Number(length, 4), .. Number(name.Length, 2)]);
            directory.Write([.. Number(wide.Length, 2), .. new byte[6], .. Number(entry.Mode << 16, 4), .. Number(
                entry.IsWide ? uint.MaxValue : header,
                4), .. name, .. wide]);
            count++;
        }

        long start = bytes.Length;
        directory.WriteTo(bytes);
        bytes.Write([.. "PK\x05\x06"u8, 0, 0, 0, 0, .. Number(count, 2), .. Number(count, 2), .. Number(
            directory.Length,
            4), .. Number(start, 4), 0, 0]);
        return bytes.ToArray();
    }

    /// <summary>The same archive with its directory found as that of a large one is.</summary>
    public static byte[] Wide(byte[] archive)
    {
        ReadOnlySpan<byte> end = archive.AsSpan(archive.Length - 22);
        long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        long wide = archive.Length - 22;
        return
        [
            .. archive[..^22],
            .. "PK\x06\x06"u8, .. Number(44, 8), .. new byte[12], .. Number(count, 8), .. Number(count, 8), .. Number(
                size,
                8), .. Number(start, 8),
            .. "PK\x06\x07"u8, .. new byte[4], .. Number(wide, 8), .. Number(1, 4),
            .. "PK\x05\x06"u8, .. new byte[4], 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0,
        ];
    }

    private static byte[] Number(long number, int length)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes[..length];
    }
}

/// <summary>An entry of an archive, with what it says of itself.</summary>
internal sealed record ZipEntryBytes(string Name, byte[] Data)
{
    /// <summary>Its length as the directory has it.</summary>
    public long Length { get; init; } = Data.Length;

    public int Method { get; init; }

    public int Flags { get; init; }

    /// <summary>The type and permissions of the file, as Unix has them.</summary>
    public long Mode { get; init; } = 0x81A4;

    /// <summary>Whether the directory has its numbers in 64 bits.</summary>
    public bool IsWide { get; init; }

    /// <summary>Where it is said to be, without being there.</summary>
    public long? At { get; init; }
}
