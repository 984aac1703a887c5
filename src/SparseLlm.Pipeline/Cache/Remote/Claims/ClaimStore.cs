using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Disk;

namespace SparseLlm.Pipeline.Cache.Remote.Claims;

/// <summary>Claims on a server: small files beside the entries, so any server that takes those takes them.</summary>
internal sealed class ClaimStore(HttpStore http)
{
    private const int MaximumLength = 1 << 12;

    /// <summary>The name of the claim of a key.</summary>
    public static string NameOf(string key) => KeyBuilder.Of("claim", [new("unit", key)]);

    /// <summary>Reads a claim; null where there is none.</summary>
    /// <exception cref="HttpRequestException">The server does not give it.</exception>
    /// <exception cref="InvalidDataException">It is no claim.</exception>
    public SeenClaim? Read(string name, CancellationToken cancellation) =>
        http.Read($"ac/{name}", MaximumLength, cancellation) is { } file
            ? new SeenClaim(file, Parse(name, [.. file.Content]))
            : null;

    /// <summary>Writes a claim, unless it has changed; some servers write it all the same.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="claim">What it is to say.</param>
    /// <param name="seen">What was there before; null for nothing.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="HttpRequestException">The server does not take it.</exception>
    public void Write(string name, Claim claim, SeenClaim? seen, CancellationToken cancellation)
        => http.Replace($"ac/{name}", SealedJson.Write(name, claim), seen?.File, cancellation);

    private static Claim? Parse(string name, byte[] bytes)
    {
        try
        {
            return SealedJson.Read<Claim>(name, bytes);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
