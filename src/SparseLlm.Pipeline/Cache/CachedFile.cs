namespace SparseLlm.Pipeline.Cache;

/// <summary>A file of a cache entry.</summary>
/// <param name="Name">Its path relative to where it is restored, with <c>/</c> between folders.</param>
/// <param name="Digest">SHA-256 of its bytes, 64 hexadecimal digits.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Checksum">
/// XXH128 of its bytes, 32 hexadecimal digits: finds damage at many times the speed of the digest, which proves against everyone.
/// </param>
public sealed record CachedFile(string Name, string Digest, long Length, string Checksum);
