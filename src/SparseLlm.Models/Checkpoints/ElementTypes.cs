using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Sizes of element types, and conversion between them and single precision. Bytes are little-endian.</summary>
public static class ElementTypes
{
    private const int PieceLength = 1024;
    private const ushort HalfExponent = 0x7C00;

    /// <summary>The element type of that name in a safetensors header; names are case-sensitive.</summary>
    public static bool TryParse(string name, out ElementType type)
    {
        // Enum.TryParse alone would also take numbers and lists.
        type = default;
        return Enum.IsDefined(typeof(ElementType), name) && Enum.TryParse(name, out type);
    }

    /// <summary>Bytes per element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.I16 or ElementType.U16 or ElementType.F16 or ElementType.BF16 => 2,
        ElementType.I32 or ElementType.U32 or ElementType.F32 => 4,
        ElementType.C64 or ElementType.I64 or ElementType.U64 or ElementType.F64 => 8,
        _ => 1,
    };

    /// <summary>Whether weights can be read and written in this type: F32, F16 and BF16.</summary>
    public static bool IsConvertible(this ElementType type) => type is ElementType.F32 or ElementType.F16 or ElementType.BF16;

    /// <summary>The numbers in <paramref name="source"/>, exactly, in single precision.</summary>
    /// <exception cref="ArgumentException">The type is not convertible, or lengths do not fit.</exception>
    public static void ToSingle(ReadOnlySpan<byte> source, ElementType type, Span<float> destination)
    {
        Check(source.Length, type, destination.Length);
        switch (type)
        {
            case ElementType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case ElementType.BF16:
                BFloat16.ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            default:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
        }
    }

    /// <summary>The numbers of <paramref name="source"/> as bytes of a type, rounded to nearest, ties to even.</summary>
    /// <exception cref="ArgumentException">The type is not convertible, or lengths do not fit.</exception>
    public static void FromSingle(ReadOnlySpan<float> source, ElementType type, Span<byte> destination)
    {
        Check(destination.Length, type, source.Length);
        switch (type)
        {
            case ElementType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case ElementType.BF16:
                BFloat16.FromSingle(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
        }
    }

    /// <summary>Whether no number among these bytes is NaN or infinite. Types that cannot be converted have no numbers in this sense.</summary>
    /// <exception cref="ArgumentException">The bytes are not whole elements.</exception>
    public static bool AreFinite(ReadOnlySpan<byte> source, ElementType type)
    {
        if (type == ElementType.F64)
        {
            return TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, double>(source));
        }

        if (!type.IsConvertible())
        {
            return true;
        }

        Check(source.Length, type, source.Length / type.Size());
        return type switch
        {
            ElementType.F16 => NoneHasAll(MemoryMarshal.Cast<byte, ushort>(source), HalfExponent),
            ElementType.BF16 => NoneHasAll(MemoryMarshal.Cast<byte, ushort>(source), BFloat16.Exponent),
            _ => TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, float>(source)),
        };
    }

    /// <summary>
    /// Replaces every value by what is left of it after a cast to <paramref name="type"/>. Sparsity and perplexity are
    /// measured on these values.
    /// </summary>
    /// <exception cref="ArgumentException">The type is not convertible.</exception>
    public static void Round(Span<float> values, ElementType type)
    {
        Span<byte> bytes = stackalloc byte[PieceLength * sizeof(float)];
        for (int start = 0; start < values.Length; start += PieceLength)
        {
            Span<float> piece = values.Slice(start, Math.Min(PieceLength, values.Length - start));
            Span<byte> cast = bytes[..(piece.Length * type.Size())];
            FromSingle(piece, type, cast);
            ToSingle(cast, type, piece);
        }
    }

    /// <summary>Whether all of the bits are set in none of the elements: where an exponent is all ones, the number is NaN or infinite.</summary>
    private static bool NoneHasAll(ReadOnlySpan<ushort> elements, ushort bits)
    {
        var wanted = new Vector<ushort>(bits);
        int i = 0;
        for (; i <= elements.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            if (Vector.EqualsAny(new Vector<ushort>(elements[i..]) & wanted, wanted))
            {
                return false;
            }
        }

        for (; i < elements.Length; i++)
        {
            if ((elements[i] & bits) == bits)
            {
                return false;
            }
        }

        return true;
    }

    private static void Check(int bytes, ElementType type, int elements)
    {
        if (!type.IsConvertible())
        {
            throw new ArgumentException($"{type} cannot be converted from or to single precision.", nameof(type));
        }

        if (bytes != (long)elements * type.Size())
        {
            throw new ArgumentException($"{elements} elements of {type} do not take {bytes} bytes.", nameof(bytes));
        }
    }
}
