namespace SparseLlm.Hub.Downloads;

/// <summary>A part of a file that is asked for at once.</summary>
/// <param name="index">Which one it is, from 0.</param>
/// <param name="start">Where it begins.</param>
/// <param name="length">Its length.</param>
/// <param name="received">How many bytes of it are here, from its beginning.</param>
internal sealed class Piece(int index, long start, long length, long received)
{
    /// <summary>Which one it is, from 0.</summary>
    public int Index => index;

    /// <summary>Where it ends: the place behind its last byte.</summary>
    public long End => start + length;

    /// <summary>Where the next byte belongs.</summary>
    public long Next => start + Received;

    /// <summary>How many bytes of it are here.</summary>
    public long Received { get; set; } = received;

    /// <summary>Whether it is whole.</summary>
    public bool IsDone => Received == length;
}
