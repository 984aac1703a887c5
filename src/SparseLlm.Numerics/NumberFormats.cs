using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SparseLlm.Numerics;

/// <summary>Sizes of number formats, and conversion between them and single precision. Bytes are
/// little-endian.</summary>
public static class NumberFormats
{
    /// <summary>Bytes of a number.</summary>
    public static int Size(this NumberFormat format) => format == NumberFormat.Single ? sizeof(float) : sizeof(ushort);

    /// <summary>The least number above zero that the format holds.</summary>
    public static float LeastMagnitude(this NumberFormat format) => format switch
    {
        NumberFormat.Half => (float)Half.Epsilon,
        NumberFormat.BFloat16 => BitConverter.UInt32BitsToSingle(1u << 16),
        _ => float.Epsilon,
    };

    /// <summary>The numbers in <paramref name="source"/>, exactly, in single precision.</summary>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void ToSingle(ReadOnlySpan<byte> source, NumberFormat format, Span<float> destination)
    {
        Shapes.RequireLength(source.Length, (long)destination.Length * format.Size(), nameof(source));
        switch (format)
        {
            case NumberFormat.Half:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case NumberFormat.BFloat16:
                BFloat16.ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            default:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
        }
    }

    /// <summary>The numbers of <paramref name="source"/> as bytes of a format, rounded to nearest, ties to
    /// even.</summary>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void FromSingle(ReadOnlySpan<float> source, NumberFormat format, Span<byte> destination)
    {
        Shapes.RequireLength(destination.Length, (long)source.Length * format.Size(), nameof(destination));
        switch (format)
        {
            case NumberFormat.Half:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case NumberFormat.BFloat16:
                BFloat16.FromSingle(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
        }
    }
}
