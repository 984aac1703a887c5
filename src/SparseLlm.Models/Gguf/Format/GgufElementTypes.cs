using System.Globalization;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>What is known of the element types of GGUF files: also of those that are only passed over.</summary>
public static class GgufElementTypes
{
    // Elements of a block and its bytes. These numbers are the format: a file is unreadable to whoever does not know
    // them.
    private static readonly Dictionary<int, (string Name, int Block, int Bytes)> Layouts = new()
    {
        [0] = ("F32", 1, 4),
        [1] = ("F16", 1, 2),
        [2] = ("Q4_0", 32, 18),
        [3] = ("Q4_1", 32, 20),
        [6] = ("Q5_0", 32, 22),
        [7] = ("Q5_1", 32, 24),
        [8] = ("Q8_0", 32, 34),
        [9] = ("Q8_1", 32, 36),
        [10] = ("Q2_K", 256, 84),
        [11] = ("Q3_K", 256, 110),
        [12] = ("Q4_K", 256, 144),
        [13] = ("Q5_K", 256, 176),
        [14] = ("Q6_K", 256, 210),
        [15] = ("Q8_K", 256, 292),
        [16] = ("IQ2_XXS", 256, 66),
        [17] = ("IQ2_XS", 256, 74),
        [18] = ("IQ3_XXS", 256, 98),
        [19] = ("IQ1_S", 256, 50),
        [20] = ("IQ4_NL", 32, 18),
        [21] = ("IQ3_S", 256, 110),
        [22] = ("IQ2_S", 256, 82),
        [23] = ("IQ4_XS", 256, 136),
        [24] = ("I8", 1, 1),
        [25] = ("I16", 1, 2),
        [26] = ("I32", 1, 4),
        [27] = ("I64", 1, 8),
        [28] = ("F64", 1, 8),
        [29] = ("IQ1_M", 256, 56),
        [30] = ("BF16", 1, 2),
        [34] = ("TQ1_0", 256, 54),
        [35] = ("TQ2_0", 256, 66),
        [39] = ("MXFP4", 32, 17),
    };

    /// <summary>The types that weights can be exported in, by the names that recipes and commands have for
    /// them.</summary>
    public static IReadOnlyDictionary<string, GgufElementType> ByName { get; } =
        Enum.GetValues<GgufElementType>().ToDictionary(type => type.ToString().ToLowerInvariant());

    /// <summary>Whether the layout of a type is known, so that it can at least be passed over.</summary>
    public static bool IsKnown(this GgufElementType type) => Layouts.ContainsKey((int)type);

    /// <summary>Whether values can be read and written in this type.</summary>
    public static bool IsConvertible(this GgufElementType type) => Enum.IsDefined(type);

    /// <summary>ggml's name.</summary>
    public static string Name(this GgufElementType type) =>
        Layouts.TryGetValue((int)type, out (string Name, int Block, int Bytes) layout)
            ? layout.Name
            : ((int)type).ToString(CultureInfo.InvariantCulture);

    /// <summary>Elements that are stored together; a row is whole blocks.</summary>
    public static int BlockLength(this GgufElementType type) => Layouts[(int)type].Block;

    /// <summary>Bytes of whole blocks.</summary>
    /// <param name="type">The type.</param>
    /// <param name="elements">How many elements.</param>
    public static long ByteLength(this GgufElementType type, long elements)
        => elements / Layouts[(int)type].Block * Layouts[(int)type].Bytes;

    /// <summary>The type that stores a checkpoint's numbers as they are; null where there is none.</summary>
    public static GgufElementType? Of(ElementType type) => type switch
    {
        ElementType.F32 => GgufElementType.F32,
        ElementType.F16 => GgufElementType.F16,
        ElementType.BF16 => GgufElementType.BF16,
        _ => null,
    };

    /// <summary>Encodes values.</summary>
    /// <param name="type">A convertible type.</param>
    /// <param name="source">Whole blocks.</param>
    /// <param name="destination">As many bytes as they take.</param>
    /// <param name="hasCodes">Whether values are quantised already, so that blocks of codes can hold them as they
    /// are.</param>
    public static void FromSingle(
        this GgufElementType type,
        ReadOnlySpan<float> source,
        Span<byte> destination,
        bool hasCodes = false)
    {
        switch (type)
        {
            case GgufElementType.Q8_0:
                EightBitBlocks.Quantize(source, destination, hasCodes);
                break;
            case GgufElementType.Q4_0:
                FourBitBlocks.Quantize(source, destination, hasCodes);
                break;
            default:
                NumberFormats.FromSingle(source, Plain(type), destination);
                break;
        }
    }

    /// <summary>Decodes values; of a quantised type, what it has made of them.</summary>
    /// <param name="type">A convertible type.</param>
    /// <param name="source">Bytes of whole blocks.</param>
    /// <param name="destination">As many elements as they hold.</param>
    public static void ToSingle(this GgufElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case GgufElementType.Q8_0:
                EightBitBlocks.Dequantize(source, destination);
                break;
            case GgufElementType.Q4_0:
                FourBitBlocks.Dequantize(source, destination);
                break;
            default:
                NumberFormats.ToSingle(source, Plain(type), destination);
                break;
        }
    }

    /// <summary>Bits of a code of a type that has blocks of codes; null for others.</summary>
    internal static int? CodeBits(this GgufElementType type) => type switch
    {
        GgufElementType.Q8_0 => 8,
        GgufElementType.Q4_0 => 4,
        _ => null,
    };

    private static NumberFormat Plain(GgufElementType type) => type switch
    {
        GgufElementType.F32 => NumberFormat.Single,
        GgufElementType.F16 => NumberFormat.Half,
        GgufElementType.BF16 => NumberFormat.BFloat16,
        _ => throw new ArgumentException(
            $"{type.Name()} cannot be converted from or to single precision.",
            nameof(type)),
    };
}
