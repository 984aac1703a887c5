namespace SparseLlm.Pipeline.Executors;

/// <summary>What a unit does.</summary>
internal enum UnitPhase
{
    /// <summary>It waits for its turn.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>Another process works on it, which was not handed it here.</summary>
    Elsewhere,

    /// <summary>Its result is in the cache.</summary>
    Done,
}
