using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace SparseLlm.Hub.Http;

/// <summary>An answer that is a refusal, with what the hub says of it in headers of its own.</summary>
internal sealed partial class HubStatusException : HttpRequestException
{
    /// <summary>Takes what there is from an answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="isHub">Whether it is the hub's, rather than that of a server that keeps files for it.</param>
    public HubStatusException(HttpResponseMessage response, bool isHub)
        : base(FormattableString.Invariant($"status {(int)response.StatusCode}"), null, response.StatusCode)
    {
        IsHub = isHub;
        Host = response.RequestMessage?.RequestUri?.Host ?? "";
        ErrorCode = Header(response, "X-Error-Code");
        ServerMessage = Header(response, "X-Error-Message");
        RetryAfter = AfterOf(response);
    }

    /// <summary>Whether the hub itself has answered.</summary>
    public bool IsHub { get; }

    /// <summary>The host that has answered.</summary>
    public string Host { get; }

    /// <summary>The number of the status.</summary>
    public string Status => ((int)StatusCode!).ToString(CultureInfo.InvariantCulture);

    /// <summary>What the hub calls it, such as <c>RevisionNotFound</c>; empty if it has no name for it.</summary>
    public string ErrorCode { get; }

    /// <summary>What the hub says to people; may be empty.</summary>
    public string ServerMessage { get; }

    /// <summary>How long to wait before asking again, where the server says so.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Whether the same may go well later. The addresses that the hub sends us to for files are good for a
    /// while only, so that asking the hub again helps there.</summary>
    public bool MayPass => !IsHub || StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or >= HttpStatusCode.InternalServerError;

    private static TimeSpan? AfterOf(HttpResponseMessage response)
    {
        RetryConditionHeaderValue? after = response.Headers.RetryAfter;
        TimeSpan? wait = after?.Delta ?? (after?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        if (wait is null && response.StatusCode == HttpStatusCode.TooManyRequests
            && Reset().Match(Header(response, "RateLimit")) is { Success: true } reset)
        {
            wait = TimeSpan.FromSeconds(int.Parse(reset.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        return wait > TimeSpan.Zero ? wait : null;
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : "";

    /// <summary>Seconds until more may be asked, as in <c>"api";r=0;t=55</c>.</summary>
    [GeneratedRegex(@";\s*r\s*=\s*0\s*;\s*t\s*=\s*([0-9]{1,6})")]
    private static partial Regex Reset();
}
