namespace SparseLlm.Pruning.Activations;

/// <summary>
/// This process's share of the calibration windows, where several processes prune one model together. Each takes its
/// own sections of the windows through the layers, and all solve every matrix, from the sums over all sections: so all
/// go on with the same bits, and only sums have to travel.
/// </summary>
public interface IWindowShare
{
    /// <summary>Whether this process takes the windows of a section.</summary>
    /// <param name="section">The section, from 0.</param>
    bool Takes(int section);

    /// <summary>Gives the others what this process has summed over a section.</summary>
    /// <param name="sum">Which sum.</param>
    /// <param name="write">Writes it.</param>
    void Publish(PartialSum sum, Action<Stream> write);

    /// <summary>Waits for what another process, or this one, has summed over a section.</summary>
    /// <param name="sum">Which sum.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="cancellation">Stops waiting.</param>
    void Collect(PartialSum sum, Action<Stream> read, CancellationToken cancellation);
}

/// <summary>A sum over a section of the calibration windows.</summary>
/// <param name="Layer">The decoder layer that it is of.</param>
/// <param name="Name">What it is of, within the layer.</param>
/// <param name="Section">The section, from 0.</param>
public readonly record struct PartialSum(int Layer, string Name, int Section);
