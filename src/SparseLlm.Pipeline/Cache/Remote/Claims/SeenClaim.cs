namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>A claim as it was at a moment.</summary>
/// <param name="File">What the server has.</param>
/// <param name="Claim">What that says; null where it makes no sense, or is of another version of this tool.</param>
internal sealed record SeenClaim(FileVersion File, Claim? Claim)
{
    /// <summary>Whether it has not changed since another moment.</summary>
    public bool IsSame(SeenClaim? other)
        => other is not null && File.Content.AsSpan().SequenceEqual(other.File.Content);
}
