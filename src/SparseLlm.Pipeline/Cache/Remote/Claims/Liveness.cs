namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>What is known of the owner of a claim.</summary>
internal enum Liveness
{
    /// <summary>Nothing yet.</summary>
    Unknown,

    /// <summary>It has changed the claim within a lease.</summary>
    Alive,

    /// <summary>It has not changed the claim for a whole lease.</summary>
    Dead,
}
