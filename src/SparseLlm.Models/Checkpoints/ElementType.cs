namespace SparseLlm.Models.Checkpoints;

/// <summary>The element types of the safetensors format, named as in its headers.</summary>
public enum ElementType
{
    /// <summary>Boolean, one byte.</summary>
    BOOL,

    /// <summary>Unsigned integer of 8 bits.</summary>
    U8,

    /// <summary>Signed integer of 8 bits.</summary>
    I8,

    /// <summary>Floating point of 8 bits with 5 of exponent and 2 of mantissa.</summary>
    F8_E5M2,

    /// <summary>Floating point of 8 bits with 4 of exponent and 3 of mantissa.</summary>
    F8_E4M3,

    /// <summary>A power of two of 8 bits.</summary>
    F8_E8M0,

    /// <summary>Signed integer of 16 bits.</summary>
    I16,

    /// <summary>Unsigned integer of 16 bits.</summary>
    U16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>The upper half of a single-precision number.</summary>
    BF16,

    /// <summary>Signed integer of 32 bits.</summary>
    I32,

    /// <summary>Unsigned integer of 32 bits.</summary>
    U32,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>Complex number of two single-precision parts.</summary>
    C64,

    /// <summary>Signed integer of 64 bits.</summary>
    I64,

    /// <summary>Unsigned integer of 64 bits.</summary>
    U64,

    /// <summary>IEEE double precision.</summary>
    F64,
}
