namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>Who works on something, as the owner has written it down.</summary>
/// <param name="Owner">A random name, another one for each claim.</param>
/// <param name="Beat">Grows as long as the owner lives.</param>
/// <param name="IsReleased">Whether the owner is through with it.</param>
internal sealed record Claim(string Owner, int Beat, bool IsReleased);
