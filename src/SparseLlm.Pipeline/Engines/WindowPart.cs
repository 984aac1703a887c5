namespace SparseLlm.Pipeline.Engines;

/// <summary>One of several equal parts of an artifact's calibration windows, each for a process of its own.</summary>
/// <param name="Index">Which part, from 0.</param>
/// <param name="Count">How many there are.</param>
internal sealed record WindowPart(int Index, int Count)
{
    /// <summary>How long to wait for the sums of a part that no process has, before another takes it: its process may
    /// not have begun yet.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
