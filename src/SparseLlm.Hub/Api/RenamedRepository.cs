using SparseLlm.Hub.Http;

namespace SparseLlm.Hub.Api;

/// <summary>Tells whether a request for something of one repository has been sent on to the same thing of another: then
/// the repository has been renamed.</summary>
internal static class RenamedRepository
{
    /// <summary>The address by the new name; null if the name is still the same.</summary>
    /// <param name="endpoint">The hub.</param>
    /// <param name="address">By the name that was asked for.</param>
    /// <param name="visited">Where the request went, one after the other.</param>
    public static HubAddress? Of(Uri endpoint, HubAddress address, IReadOnlyList<Uri> visited)
    {
        string from = visited[0].AbsolutePath;
        string name = $"/{address.Repository}/";
        int at = from.IndexOf(name, StringComparison.Ordinal);
        string before = from[..(at + 1)];
        string behind = from[(at + name.Length - 1)..];
        return visited.Skip(1)
            .Where(uri => Redirect.IsSameServer(uri, endpoint))
            .Select(uri => uri.AbsolutePath)
            .Where(to => to.Length > before.Length + behind.Length && to.StartsWith(before, StringComparison.Ordinal)
                && to.EndsWith(behind, StringComparison.Ordinal))
            .Select(to => HubAddress.TryParse(HubAddress.Scheme + to[before.Length..^behind.Length], out _))
            .LastOrDefault(now => now is { Kind: RepositoryKind.Model, Revision: HubAddress.MainRevision }
                && now.Repository != address.Repository) is { } renamed
            ? address with { Repository = renamed.Repository }
            : null;
    }
}
