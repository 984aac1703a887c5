using System.Buffers.Binary;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Token ids in NumPy's .npy format: little-endian integers in C order, of any shape.</summary>
internal static class NpyIds
{
    /// <summary>The ids in a file.</summary>
    /// <param name="file">All of its bytes.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="DiagnosticException">It is no such array, or holds what is no token id.</exception>
    public static int[] Decode(ReadOnlySpan<byte> file, string path)
    {
        NpyHeader header = NpyHeader.TryRead(file, file.Length, out string problem) ?? throw Unreadable(path, problem);
        var ids = new int[header.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            Int128 id = Element(file.Slice(header.Start + i * header.Size, header.Size), header.IsSigned);
            ids[i] = id >= 0 && id <= int.MaxValue
                ? (int)id
                : throw Unreadable(path, FormattableString.Invariant($"element {i} is {id}, which is not a token id"));
        }

        return ids;
    }

    private static Int128 Element(ReadOnlySpan<byte> bytes, bool isSigned) => (bytes.Length, isSigned) switch
    {
        (1, false) => bytes[0],
        (1, true) => (sbyte)bytes[0],
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (2, true) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (_, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        (_, true) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };

    private static DiagnosticException Unreadable(string path, string message) =>
        PruningDiagnostics.UnreadableText.Error(new SourceLocation(path), message);
}
