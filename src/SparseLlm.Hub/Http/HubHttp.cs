using System.Net.Http.Headers;
using Polly;
using Polly.Retry;

namespace SparseLlm.Hub.Http;

/// <summary>
/// Requests to the hub, and to where it sends us. What may pass is tried again a few times, with growing, jittered
/// delays or after the time that the server asks for; everything else that a server can do is an
/// <see cref="HttpRequestException"/>. A transfer may take as long as it makes progress (<see cref="StallWatch"/>).
/// </summary>
internal sealed class HubHttp : IDisposable
{
    private const int Retries = 4;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // Redirects are followed here.
    private readonly HttpClient client = new(
        new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = ConnectTimeout, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders =
        {
            UserAgent =
            {
                new ProductInfoHeaderValue("sparsellm", typeof(HubHttp).Assembly.GetName().Version!.ToString(3))
            },
            // What is compressed on the way has another length, and no parts.
            AcceptEncoding = { new StringWithQualityHeaderValue("identity") },
        },
    };

    private readonly HubOptions options;
    private readonly ResiliencePipeline retries;

    /// <summary>Connects to nobody yet.</summary>
    /// <param name="options">Which hub, and as whom.</param>
    /// <param name="waiting">Told when the server asks for some time before it is asked again.</param>
    /// <param name="stalled">Told when nothing has come for the time that it is given.</param>
    public HubHttp(HubOptions options, Action<TimeSpan> waiting, Action<TimeSpan> stalled)
    {
        this.options = options;
        retries = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(MayPass).Handle<IOException>(),
                MaxRetryAttempts = Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.FirstDelay,
                DelayGenerator = arguments => ValueTask.FromResult(
                    (arguments.Outcome.Exception as HubStatusException)?.RetryAfter),
                OnRetry = arguments =>
                {
                    if (arguments.Outcome.Exception is HubStatusException { RetryAfter: { } wait })
                    {
                        waiting(wait);
                    }
                    else if (arguments.Outcome
                        .Exception is HttpRequestException { InnerException: OperationCanceledException })
                    {
                        stalled(options.Patience);
                    }

                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Asks for something, and again where that fails in a way that may pass.</summary>
    /// <exception cref="HttpRequestException">It keeps failing, or in another way.</exception>
    public async Task<T> TryAsync<T>(Func<StallWatch, Task<T>> request, CancellationToken cancellation)
    {
        try
        {
            return await retries.ExecuteAsync(Once, cancellation);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(exception.Message, exception);
        }

        async ValueTask<T> Once(CancellationToken token)
        {
            using var watch = new StallWatch(options.Patience, token);
            try
            {
                return await request(watch);
            }
            catch (OperationCanceledException exception) when (!token.IsCancellationRequested)
            {
                throw new HttpRequestException(FormattableString.Invariant(
                    $"it does not answer, or not a byte more within {options.Patience.TotalSeconds:0} seconds"),
                    exception);
            }
        }
    }

    /// <summary>Asks once, and wherever the server sends us.</summary>
    /// <param name="address">On the hub.</param>
    /// <param name="range">The part that is wanted; null for the whole.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="HubStatusException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">It cannot be reached, or sends us where we do not go.</exception>
    public async Task<HubAnswer> GetAsync(Uri address, RangeHeaderValue? range, CancellationToken cancellation)
    {
        var visited = new List<Uri>();
        string? linkedEtag = null;
        while (true)
        {
            visited.Add(address);
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = range } };
            bool isHub = Redirect.IsSameServer(address, options.Endpoint);

            // Who we are is the business of the hub, and not of the servers that keep its files.
            request.Headers.Authorization = isHub && options.Token is { } token
                ? new AuthenticationHeaderValue("Bearer", token)
                : null;
            HttpResponseMessage response = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellation);
            if (isHub)
            {
                linkedEtag ??= Etag(response, "X-Linked-Etag");
            }

            if (response.IsSuccessStatusCode)
            {
                return new HubAnswer(response, visited, linkedEtag ?? (isHub ? Etag(response, "ETag") : null));
            }

            using (response)
            {
                address = Redirect.IsOne(response)
                    ? Redirect.Target(address, response, visited.Count - 1)
                    : throw new HubStatusException(response, isHub);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private bool MayPass(HttpRequestException exception) => exception is HubStatusException refusal
        ? refusal.MayPass && !(refusal.RetryAfter > options.LongestDelay)
        : exception.StatusCode is null;

    /// <summary>An entity tag, of the weak kind too, without what is around it.</summary>
    private static string? Etag(HttpResponseMessage response, string header)
    {
        string? value = response.Headers.TryGetValues(header, out IEnumerable<string>? values) ? values.First() : null;
        return value?.StartsWith("W/", StringComparison.Ordinal) == true ? value[2..].Trim('"') : value?.Trim('"');
    }
}
