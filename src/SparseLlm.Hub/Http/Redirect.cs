using System.Net;

namespace SparseLlm.Hub.Http;

/// <summary>
/// Where a server sends us. Redirects are followed by whoever sends the request: a handler that follows them goes to
/// any address, and forgets who we are on the way to the same server.
/// </summary>
internal static class Redirect
{
    /// <summary>So many are followed for one request.</summary>
    public const int Most = 5;

    /// <summary>Whether an answer to a request for something sends us elsewhere.</summary>
    public static bool IsOne(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>Where it sends us.</summary>
    /// <param name="address">What was asked.</param>
    /// <param name="response">The answer.</param>
    /// <param name="count">How many were followed before.</param>
    /// <exception cref="HttpRequestException">To nowhere, in a circle, or out of an encrypted connection.</exception>
    public static Uri Target(Uri address, HttpResponseMessage response, int count)
    {
        string location = response.Headers.TryGetValues("Location", out IEnumerable<string>? values)
            ? values.First()
            : "";
        return count >= Most ? throw Refused(response, $"it redirects more than {Most} times")
            : !Uri.TryCreate(address, location, out Uri? target)
                ? throw Refused(response, "it redirects to an address that is none")
                : target.Scheme != address.Scheme && (address.Scheme, target.Scheme) != ("http", "https")
                ? throw Refused(response, $"it redirects from {address.Scheme} to {target.Scheme}")
                : !HostName.IsValid(target) ? throw Refused(response, "it redirects to a host that is none")
            : target;
    }

    /// <summary>Whether two addresses are of one server, which may know who we are.</summary>
    public static bool IsSameServer(Uri one, Uri other)
        => (one.Scheme, one.IdnHost, one.Port) == (other.Scheme, other.IdnHost, other.Port);

    private static HttpRequestException Refused(HttpResponseMessage response, string reason)
        => new(reason, null, response.StatusCode);
}
