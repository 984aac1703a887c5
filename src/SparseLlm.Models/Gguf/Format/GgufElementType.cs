namespace SparseLlm.Models.Gguf.Format;

/// <summary>How the elements of a tensor are stored in a GGUF file, under ggml's numbers and names.</summary>
public enum GgufElementType
{
    /// <summary>IEEE single precision.</summary>
    F32 = 0,

    /// <summary>IEEE half precision.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 codes of 4 bits and a scale in half precision.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32 codes of 8 bits and a scale in half precision.</summary>
    Q8_0 = 8,

    /// <summary>The upper half of a single-precision number.</summary>
    BF16 = 30,
}
