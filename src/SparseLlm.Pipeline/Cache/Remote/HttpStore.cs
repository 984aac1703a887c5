using System.Net;
using System.Net.Http.Headers;
using Polly;
using Polly.Retry;

namespace SparseLlm.Pipeline.Cache.Remote;

/// <summary>
/// GET, HEAD and PUT of files, with bounded memory. What may pass is tried again, with growing, jittered delays, for a limited time:
/// a server that fails (5xx), is busy (408, 429) or does not answer. Everything else is an <see cref="HttpRequestException"/> at once.
/// </summary>
internal sealed class HttpStore
{
    private const int Retries = 4;
    private const int ChunkLength = 1 << 18;
    private const double SlowestBytesPerSecond = 1e6;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient client;

    /// <summary>A store at an address.</summary>
    public HttpStore(RemoteCacheOptions options)
    {
        client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, UseCookies = false })
        {
            BaseAddress = options.Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.Authorization = options.Authorization;
    }

    /// <summary>Whether there is such a file.</summary>
    public bool Exists(string path, CancellationToken cancellation) => Try(0, cancellation, async token =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using HttpResponseMessage response = await client.SendAsync(request, token);
        return IsFound(response);
    });

    /// <summary>Downloads a file, chunk by chunk.</summary>
    /// <param name="path">Below the address.</param>
    /// <param name="maximumLength">What is longer is cut off one byte after this: it is not what was asked for.</param>
    /// <param name="begin">Called before the first chunk, and again whenever the download starts again.</param>
    /// <param name="consume">Gets the chunks. What it throws is not tried again.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <returns>False if there is no such file.</returns>
    public bool Download(string path, long maximumLength, Action begin, Action<ReadOnlyMemory<byte>> consume, CancellationToken cancellation) =>
        Try(maximumLength, cancellation, async token =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
            if (!IsFound(response))
            {
                return false;
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(token);
            Consume(begin);
            byte[] buffer = new byte[ChunkLength];
            long left = maximumLength + 1;
            while (left > 0 && await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, ChunkLength)), token) is > 0 and int count)
            {
                Consume(() => consume(buffer.AsMemory(0, count)));
                left -= count;
            }

            return true;
        });

    /// <summary>Uploads a file.</summary>
    /// <param name="path">Below the address.</param>
    /// <param name="open">Opens the content; called again whenever the upload starts again.</param>
    /// <param name="length">Its length.</param>
    /// <param name="cancellation">Stops at once.</param>
    public void Upload(string path, Func<Stream> open, long length, CancellationToken cancellation) => Try(length, cancellation, async token =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new StreamContent(open(), ChunkLength) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentLength = length;

        // A server that refuses can say so before gigabytes are sent.
        request.Headers.ExpectContinue = length > ChunkLength;
        using HttpResponseMessage response = await client.SendAsync(request, token);
        return response.EnsureSuccessStatusCode();
    });

    private static bool IsFound(HttpResponseMessage response) =>
        response.StatusCode != HttpStatusCode.NotFound && response.EnsureSuccessStatusCode().IsSuccessStatusCode;

    /// <summary>Only the network's failures may be tried again, not those of who takes the bytes.</summary>
    private static void Consume(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LocalFailureException(exception);
        }
    }

    private static T Try<T>(long length, CancellationToken cancellation, Func<CancellationToken, Task<T>> request)
    {
        TimeSpan limit = Patience + TimeSpan.FromSeconds(length / SlowestBytesPerSecond);
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder()
            .AddTimeout(limit)
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(MayPass).Handle<IOException>(),
                MaxRetryAttempts = Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
            })
            .Build();
        try
        {
            return pipeline.ExecuteAsync(async token => await request(token), cancellation).AsTask().GetAwaiter().GetResult();
        }
        catch (Polly.Timeout.TimeoutRejectedException exception)
        {
            throw new HttpRequestException($"no answer within {limit.TotalSeconds:0} seconds", exception);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(exception.Message, exception);
        }
        catch (LocalFailureException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }

    private static bool MayPass(HttpRequestException exception) =>
        exception.StatusCode is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private sealed class LocalFailureException(Exception inner) : Exception(inner.Message, inner);
}
