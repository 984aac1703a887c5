using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>Sizes of element types, and which of them are numbers that weights can be made of. Bytes are
/// little-endian.</summary>
public static class ElementTypes
{
    private const ushort HalfExponent = 0x7C00;
    private const ushort BFloat16Exponent = 0x7F80;

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
    public static bool IsConvertible(this ElementType type)
        => type is ElementType.F32 or ElementType.F16 or ElementType.BF16;

    /// <summary>The format of its numbers.</summary>
    /// <exception cref="ArgumentException">The type is not convertible.</exception>
    public static NumberFormat Format(this ElementType type) => type switch
    {
        ElementType.F32 => NumberFormat.Single,
        ElementType.F16 => NumberFormat.Half,
        ElementType.BF16 => NumberFormat.BFloat16,
        _ => throw new ArgumentException($"{type} cannot be converted from or to single precision.", nameof(type)),
    };

    /// <summary>Whether no number among these bytes is NaN or infinite. Types that cannot be converted have no numbers
    /// in this sense.</summary>
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

        if (source.Length % type.Size() != 0)
        {
            throw new ArgumentException($"{source.Length} bytes are no whole elements of {type}.", nameof(source));
        }

        return type switch
        {
            ElementType.F16 => NoneHasAll(MemoryMarshal.Cast<byte, ushort>(source), HalfExponent),
            ElementType.BF16 => NoneHasAll(MemoryMarshal.Cast<byte, ushort>(source), BFloat16Exponent),
            _ => TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, float>(source)),
        };
    }

    /// <summary>Whether all of the bits are set in none of the elements: where an exponent is all ones, the number is
    /// NaN or infinite.</summary>
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
}
