using System.Net;

namespace SparseLlm.Hub.Http;

/// <summary>What came of a request, after all redirects.</summary>
/// <param name="response">The last answer.</param>
/// <param name="visited">The addresses that were asked, in their order.</param>
/// <param name="etag">What the hub says that the content is known by, before it sends us elsewhere; null if it says
/// nothing.</param>
internal sealed class HubAnswer(HttpResponseMessage response, IReadOnlyList<Uri> visited, string? etag) : IDisposable
{
    /// <summary>The last answer.</summary>
    public HttpResponseMessage Response => response;

    /// <summary>The addresses that were asked, in their order.</summary>
    public IReadOnlyList<Uri> Visited => visited;

    /// <summary>What the hub says that the content is known by; null if it says nothing.</summary>
    public string? Etag => etag;

    /// <summary>Whether it is the part that was asked for, rather than the whole.</summary>
    public bool IsPart => response.StatusCode == HttpStatusCode.PartialContent;

    /// <inheritdoc/>
    public void Dispose() => response.Dispose();
}
