namespace SparseLlm.Models.Checkpoints.Torch;

/// <summary>A dictionary in a pickle, as far as anybody asks: what is under texts.</summary>
internal sealed class PickledDictionary
{
    /// <summary>The entries, in the order in which their keys came first; of several under a key the last one counts,
    /// as in Python.</summary>
    public Dictionary<string, object?> Entries { get; } = [];
}

/// <summary>Something in a pickle that nobody asks for: a set, bytes, a device.</summary>
internal sealed class Opaque
{
    private Opaque()
    {
    }

    /// <summary>All of it is the same.</summary>
    public static Opaque Value { get; } = new();
}

/// <summary>A storage: consecutive elements in the file that tensors are views of.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="ElementType">The type of its elements; bytes where it has none.</param>
/// <param name="ElementCount">How many there are.</param>
internal sealed record TorchStorage(string Key, ElementType ElementType, long ElementCount)
{
    /// <summary>Its first byte in the file; -1 while that is not known.</summary>
    public long Position { get; set; } = -1;

    /// <summary>Bytes that it takes.</summary>
    public long ByteLength => ElementCount * ElementType.Size();
}

/// <summary>A tensor as a view of a storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="ElementType">The type of its elements.</param>
/// <param name="Offset">Its first element in the storage.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Strides">The distance of neighbours along each of them, in elements.</param>
internal sealed record TorchTensor(
    TorchStorage Storage,
    ElementType ElementType,
    long Offset,
    IReadOnlyList<long> Shape,
    IReadOnlyList<long> Strides);
