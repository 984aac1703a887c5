using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Hub.Cache;

namespace SparseLlm.Pipeline.Inspection;

/// <summary>The Hugging Face hub as this machine knows it.</summary>
/// <param name="Endpoint">Its address; null where the environment makes no sense.</param>
/// <param name="Cache">The folder of its cache; null likewise.</param>
/// <param name="Inventory">What is in it; null likewise.</param>
/// <param name="TokenSource">Where the token is from, the name of a variable or the path of a file; null where there is
/// none. The token itself is nowhere here.</param>
/// <param name="IsOffline">Whether the environment forbids to ask it.</param>
/// <param name="Problem">What is wrong with the environment; null where nothing is.</param>
internal sealed record HubInspection(
    string? Endpoint,
    string? Cache,
    HubInventory? Inventory,
    string? TokenSource,
    bool IsOffline,
    string? Problem)
{
    /// <summary>Looks at the environment and the cache.</summary>
    public static HubInspection Of(Func<string, string?> environment)
    {
        try
        {
            HubOptions options = HubOptions.Read(environment);
            return new HubInspection(
                options.Endpoint.ToString(),
                options.CacheDirectory,
                HubInventory.Of(options.CacheDirectory),
                options.TokenSource,
                options.IsOffline,
                null);
        }
        catch (DiagnosticException exception)
        {
            return new HubInspection(null, null, null, null, false, exception.Diagnostics[0].Message);
        }
    }
}
