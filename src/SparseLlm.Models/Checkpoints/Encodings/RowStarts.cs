using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>Where the values of rows begin that have different numbers of them: <see cref="StoredPart.RowOffsets"/>,
/// of 64 bits or, where a layout says so, of 32.</summary>
internal static class RowStarts
{
    /// <summary>Reads the starts of some rows; see <see cref="IWeightEncoding.ReadStarts"/>.</summary>
    public static void Read(PackedTensor tensor, StoredReader read, long firstRow, Span<long> starts)
    {
        long end = tensor.Part(tensor.Encoding.Kept).ElementCount;
        bool isEnd = firstRow + starts.Length > tensor.Matrix.Rows;
        ReadStored(tensor.Part(StoredPart.RowOffsets), read, firstRow, isEnd ? starts[..^1] : starts);
        if (isEnd)
        {
            starts[^1] = end;
        }

        Check(tensor, firstRow, starts, end);
    }

    private static void ReadStored(TensorInfo offsets, StoredReader read, long firstRow, Span<long> starts)
    {
        if (offsets.ElementType == ElementType.I64)
        {
            read(offsets, firstRow * sizeof(long), MemoryMarshal.AsBytes(starts));
            if (!BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.ReverseEndianness(starts, starts);
            }

            return;
        }

        byte[] bytes = new byte[starts.Length * sizeof(int)];
        read(offsets, firstRow * sizeof(int), bytes);
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * sizeof(int)));
        }
    }

    private static void Check(PackedTensor tensor, long firstRow, ReadOnlySpan<long> starts, long end)
    {
        if (firstRow == 0 && starts[0] != 0)
        {
            throw tensor.Malformed(
                FormattableString.Invariant($"{StoredPart.RowOffsets} begins with {starts[0]} and not with 0"));
        }

        string unit = tensor.Encoding.Codes is null ? "value" : "byte";
        for (int i = 0; i < starts.Length; i++)
        {
            if (starts[i] < 0 || starts[i] > end || (i > 0 && starts[i] < starts[i - 1]))
            {
                throw tensor.Malformed(string.Create(CultureInfo.InvariantCulture,
                    $"{StoredPart.RowOffsets} has row {firstRow + i} begin at {unit} {starts[i]}, which is "
                    + $"{(starts[i] > end ? $"beyond the {end} {unit}s" : "before the row above it")}"));
            }
        }
    }
}
