namespace SparseLlm.Pipeline.Units;

/// <summary>What has become of a unit, as the process says that works on it.</summary>
internal enum UnitState
{
    /// <summary>It is being worked on.</summary>
    Running,

    /// <summary>Its result is in the cache.</summary>
    Done,

    /// <summary>Time was up; the next process goes on after the last finished layer.</summary>
    Unfinished,

    /// <summary>It cannot be done.</summary>
    Failed,

    /// <summary>Another process works on it, which this one leaves it to.</summary>
    Elsewhere,
}
