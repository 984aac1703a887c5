using System.Buffers.Binary;
using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>
/// ggml's Q4_0, bit for bit as its reference quantises, but for what is quantised already
/// (<see cref="KnownScale"/>): blocks of 32 values are a scale d in half precision and 32
/// codes q of 4 bits, and stand for d (q - 8). Byte j holds the codes of values j and j + 16. Zero is always code 8.
/// </summary>
internal static class FourBitBlocks
{
    private const int Length = 32;
    private const int Half = Length / 2;
    private const int Bytes = sizeof(ushort) + Half;

    /// <summary>The scale takes the value of greatest magnitude to code 0, with its sign; codes are rounded to nearest
    /// and stop at 15.</summary>
    public static void Quantize(ReadOnlySpan<float> source, Span<byte> destination, bool hasCodes)
    {
        for (int block = 0; block * Length < source.Length; block++)
        {
            ReadOnlySpan<float> values = source.Slice(block * Length, Length);
            Span<byte> bytes = destination.Slice(block * Bytes, Bytes);
            float extreme = 0;
            foreach (float value in values)
            {
                extreme = Math.Abs(value) > Math.Abs(extreme) ? value : extreme;
            }

            // Scales of either sign, whose greatest code is 15.
            float scale = (float?)(hasCodes ? KnownScale.Of(values, -8, 7) : null) ?? extreme / -8;
            float inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (System.Half)scale);
            for (int i = 0; i < Half; i++)
            {
                bytes[sizeof(ushort) + i] = (byte)(Code(values[i] * inverse) | Code(values[Half + i] * inverse) << 4);
            }
        }
    }

    /// <summary>What the codes stand for.</summary>
    public static void Dequantize(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int block = 0; block * Length < destination.Length; block++)
        {
            ReadOnlySpan<byte> bytes = source.Slice(block * Bytes, Bytes);
            Span<float> values = destination.Slice(block * Length, Length);
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
            for (int i = 0; i < Half; i++)
            {
                byte codes = bytes[sizeof(ushort) + i];
                values[i] = ((codes & 15) - 8) * scale;
                values[Half + i] = ((codes >> 4) - 8) * scale;
            }
        }
    }

    // Not finite is what comes of a scale so small that its inverse is not: in half precision it is zero, whatever the
    // code.
    private static int Code(float value) => float.IsFinite(value) ? Math.Min(15, (int)(value + 8.5f)) : 0;
}
