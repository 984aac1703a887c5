using System.Net.Http.Headers;

namespace SparseLlm.Pipeline.Cache.Remote;

/// <summary>A small file as it was on a server at a moment.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Tag">What the server calls this version; null where it does not say.</param>
internal sealed record FileVersion(byte[] Content, EntityTagHeaderValue? Tag);
