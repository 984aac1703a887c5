namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>What is asked of Kubernetes for the workers of a recipe; what is null is as the cluster has it.</summary>
/// <param name="Image">The image with the tool.</param>
/// <param name="Workers">How many there are.</param>
/// <param name="RemoteCache">Where results go; the address holds no secret.</param>
internal sealed record KubernetesOptions(string Image, int Workers, Uri RemoteCache)
{
    /// <summary>The name of the job; null for one that is made of the recipe.</summary>
    public string? Name { get; init; }

    /// <summary>Its namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>The queue of Kueue that decides when it starts.</summary>
    public string? Queue { get; init; }

    /// <summary>Processors of a worker.</summary>
    public string? Cpus { get; init; }

    /// <summary>Memory of a worker.</summary>
    public string? Memory { get; init; }

    /// <summary>GPUs of a worker.</summary>
    public int Gpus { get; init; }

    /// <summary>The secret whose keys are the variables with the credentials of the remote cache.</summary>
    public string? CacheSecret { get; init; }

    /// <summary>The secret with the token of the hub.</summary>
    public string? HubSecret { get; init; }

    /// <summary>The volume that has the recipe's model.</summary>
    public ModelClaim? ModelClaim { get; init; }
}
