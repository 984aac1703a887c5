namespace SparseLlm.Models.Gguf.Format;

/// <summary>A tensor of a GGUF file that is there, and where its data is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimensions">The fastest first.</param>
/// <param name="Type">How its elements are stored; any number, since newer programs have types that are not known
/// here.</param>
/// <param name="Part">Which file of those that the model is in, from 0.</param>
/// <param name="Offset">Its first byte in that file.</param>
/// <param name="StoredLength">Its bytes; of a type that is not known, up to the next tensor or the end of the
/// file.</param>
public sealed record GgufStoredTensor(
    string Name,
    IReadOnlyList<long> Dimensions,
    GgufElementType Type,
    int Part,
    long Offset,
    long StoredLength)
    : GgufTensor(Name, Dimensions, Type);
