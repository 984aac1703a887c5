using System.Globalization;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>Constants of the GGUF format, version 3.</summary>
internal static class GgufLayout
{
    /// <summary>What a file begins with: "GGUF".</summary>
    public const uint Magic = 0x46554747;

    /// <summary>The version that is written.</summary>
    public const uint Version = 3;

    /// <summary>What offsets of tensors are multiples of where the metadata names no other.</summary>
    public const int Alignment = 32;

    /// <summary>How names of such files end.</summary>
    public const string Extension = ".gguf";

    /// <summary>The key by which the metadata names another alignment.</summary>
    public const string AlignmentKey = "general.alignment";

    /// <summary>The key by which a part of a split model says which it is, from 0.</summary>
    public const string PartNumberKey = "split.no";

    /// <summary>The key by which a part says of how many it is one.</summary>
    public const string PartCountKey = "split.count";

    /// <summary>What a part is called, as llama.cpp looks for it.</summary>
    /// <param name="stem">What all parts begin with.</param>
    /// <param name="part">Which, from 0.</param>
    /// <param name="count">Of how many.</param>
    public static string PartName(string stem, int part, int count) => $"{stem}{PartEnding(part, count)}";

    /// <summary>How the name of a part ends.</summary>
    public static string PartEnding(int part, int count) => $"-{Digits(part + 1)}-of-{Digits(count)}{Extension}";

    /// <summary>A number in the name of a part.</summary>
    public static string Digits(int number) => number.ToString("00000", CultureInfo.InvariantCulture);

    /// <summary>The next multiple of the alignment.</summary>
    public static long Align(long offset, int alignment = Alignment)
        => (offset + alignment - 1) / alignment * alignment;
}
