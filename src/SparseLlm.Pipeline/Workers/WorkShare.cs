using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Workers;

/// <summary>One of several equal shares of units. The units are in the order of their keys, so all workers agree on who
/// has which without talking to each other.</summary>
/// <param name="Index">Which share, from 0.</param>
/// <param name="Count">How many there are.</param>
internal sealed record WorkShare(int Index, int Count)
{
    /// <summary>All units.</summary>
    public static WorkShare Whole { get; } = new(0, 1);

    /// <summary>Whether the worker goes on with what others have not begun.</summary>
    public bool Steals { get; init; } = true;

    /// <summary>Units in the order in which a worker turns to them: its own, then the next workers' from their last one
    /// on, which are the last that those come to themselves.</summary>
    public IEnumerable<UnitOfWork> Order(IEnumerable<UnitOfWork> units)
    {
        UnitOfWork[][] shares = [.. units.OrderBy(unit => unit.Key, StringComparer.Ordinal)
            .Select((unit, place) => (unit, share: place % Count))
            .GroupBy(placed => placed.share, placed => placed.unit)
            .Where(share => Steals || share.Key == Index)
            .OrderBy(share => (share.Key - Index + Count) % Count)
            .Select(share => share.Key == Index ? share.ToArray() : share.Reverse().ToArray())];
        return shares.SelectMany(share => share);
    }
}
