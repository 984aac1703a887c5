namespace SparseLlm.Pipeline.Building;

/// <summary>What to do where an artifact is neither up to date nor in the cache.</summary>
internal enum CacheMissPolicy
{
    /// <summary>Compute it.</summary>
    Build,

    /// <summary>Compute it, with a warning.</summary>
    Warn,

    /// <summary>Compute nothing: it is an error.</summary>
    Error,
}
