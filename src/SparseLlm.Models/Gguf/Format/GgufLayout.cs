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

    /// <summary>The next multiple of the alignment.</summary>
    public static long Align(long offset, int alignment = Alignment) => (offset + alignment - 1) / alignment * alignment;
}
