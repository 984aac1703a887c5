using System.Buffers.Binary;
using SparseLlm.Models.Checkpoints.Encodings;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>
/// ggml's Q8_0, bit for bit as its reference quantises, but for what is quantised already
/// (<see cref="KnownScale"/>): blocks of 32 values are a scale d in half precision and 32
/// signed codes q of 8 bits, and stand for d q. Zero is always code 0.
/// </summary>
internal static class EightBitBlocks
{
    private const int Length = 32;
    private const int Bytes = sizeof(ushort) + Length;

    /// <summary>The scale is the greatest magnitude over 127; codes are rounded to nearest, ties away from zero, and
    /// are 0 where it has no inverse.</summary>
    public static void Quantize(ReadOnlySpan<float> source, Span<byte> destination, bool hasCodes)
    {
        for (int block = 0; block * Length < source.Length; block++)
        {
            ReadOnlySpan<float> values = source.Slice(block * Length, Length);
            Span<byte> bytes = destination.Slice(block * Bytes, Bytes);
            float greatest = 0;
            foreach (float value in values)
            {
                greatest = Math.Max(greatest, Math.Abs(value));
            }

            float scale = (float?)(hasCodes ? KnownScale.Of(values, -127, 127) : null) ?? greatest / 127;
            float inverse = 1 / scale;
            inverse = float.IsFinite(inverse) ? inverse : 0;
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
            for (int i = 0; i < Length; i++)
            {
                bytes[sizeof(ushort) + i] = (byte)(sbyte)MathF.Round(
                    values[i] * inverse,
                    MidpointRounding.AwayFromZero);
            }
        }
    }

    /// <summary>What the codes stand for.</summary>
    public static void Dequantize(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int block = 0; block * Length < destination.Length; block++)
        {
            ReadOnlySpan<byte> bytes = source.Slice(block * Bytes, Bytes);
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
            for (int i = 0; i < Length; i++)
            {
                destination[block * Length + i] = (sbyte)bytes[sizeof(ushort) + i] * scale;
            }
        }
    }
}
