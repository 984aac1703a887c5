namespace SparseLlm.Runtime.Kernels;

/// <summary>The bytes of a stored tensor, in a mapped file or elsewhere in memory that stays where it is.</summary>
/// <param name="address">The first byte.</param>
/// <param name="length">The tensor's bytes.</param>
/// <param name="readable">Bytes that may be read: the tensor's and what is known to be behind them.</param>
internal readonly unsafe struct StoredBytes(byte* address, long length, long readable)
{
    /// <summary>The first byte.</summary>
    public byte* Address { get; } = address;

    /// <summary>The tensor's bytes.</summary>
    public long Length { get; } = length;

    /// <summary>Throws if these are not as many bytes as a tensor has, or too few can be read behind them.</summary>
    internal byte* Checked(long expected, int behind, string name)
    {
        if (Length != expected || readable < Length + behind)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{expected} bytes are needed and {behind} readable ones behind them, not {Length} of {readable}."),
                name);
        }

        return Address;
    }
}
