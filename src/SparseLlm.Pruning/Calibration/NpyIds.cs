using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Token ids in NumPy's .npy format, versions 1 to 3: little-endian integers in C order, of any shape.</summary>
internal static partial class NpyIds
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <exception cref="DiagnosticException">The file is not such an array.</exception>
    public static int[] Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, $"the file cannot be read: {exception.Message}");
        }

        if (bytes.Length < 12 || !bytes.AsSpan().StartsWith(Magic))
        {
            throw Unreadable(path, "the file is not a NumPy array");
        }

        int lengthBytes = bytes[6] == 1 ? 2 : 4;
        long headerLength = lengthBytes == 2
            ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8))
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8));
        long start = 8 + lengthBytes + headerLength;
        if (start > bytes.Length)
        {
            throw Unreadable(path, "the NumPy array is truncated");
        }

        string header = Encoding.UTF8.GetString(bytes, 8 + lengthBytes, (int)headerLength);
        Match type = ElementType().Match(header);
        if (!type.Success || header.Contains("'fortran_order': True", StringComparison.Ordinal))
        {
            throw Unreadable(path, "the NumPy array must hold integers (uint16, int32, uint32 or int64) in C order");
        }

        return Decode(path, bytes.AsSpan((int)start), type.Groups[1].Value);
    }

    private static int[] Decode(string path, ReadOnlySpan<byte> data, string type)
    {
        int size = type[1] - '0';
        var ids = new int[data.Length / size];
        for (int i = 0; i < ids.Length; i++)
        {
            ReadOnlySpan<byte> element = data.Slice(i * size, size);
            long id = type switch
            {
                "u2" => BinaryPrimitives.ReadUInt16LittleEndian(element),
                "i4" => BinaryPrimitives.ReadInt32LittleEndian(element),
                "u4" => BinaryPrimitives.ReadUInt32LittleEndian(element),
                _ => BinaryPrimitives.ReadInt64LittleEndian(element),
            };
            ids[i] = id is >= 0 and <= int.MaxValue
                ? (int)id
                : throw Unreadable(path, FormattableString.Invariant($"element {i} is {id}, which is not a token id"));
        }

        return ids;
    }

    private static DiagnosticException Unreadable(string path, string message) =>
        PruningDiagnostics.UnreadableText.Error(new SourceLocation(path), message);

    [GeneratedRegex("'descr': '[<|](u2|i4|u4|i8)'")]
    private static partial Regex ElementType();
}
