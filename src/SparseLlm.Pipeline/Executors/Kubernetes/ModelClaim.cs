namespace SparseLlm.Pipeline.Executors.Kubernetes;

/// <summary>A volume that is claimed for a model.</summary>
/// <param name="Name">The name of the claim.</param>
/// <param name="Folder">The folder of the model in the volume; null where it is the volume itself.</param>
internal sealed record ModelClaim(string Name, string? Folder)
{
    /// <summary>A claim as people write it, <c>NAME</c> or <c>NAME/FOLDER</c>; null where it is none.</summary>
    public static ModelClaim? Parse(string text)
    {
        string[] parts = text.Split('/', 2);
        string? folder = parts is [_, var below] ? below.TrimEnd('/') : null;
        return KubernetesSyntax.IsSubdomain(parts[0])
            && folder?.Split('/').Any(name => name is "" or "." or "..") != true
            ? new ModelClaim(parts[0], folder)
            : null;
    }
}
