namespace SparseLlm.Numerics.Cpu.Products;

/// <summary>
/// A packed right-hand factor [Depth x Columns]: blocks of k one after the other, each cut into strips of the register
/// tile's width, the last one padded with zeros.
/// </summary>
internal readonly unsafe struct PackedFactor<T>(T* data, int depth, int columns)
    where T : unmanaged
{
    public T* Data { get; } = data;

    public int Depth { get; } = depth;

    public int Columns { get; } = columns;
}
