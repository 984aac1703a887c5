using System.Net;
using System.Net.Http.Headers;
using Polly;
using Polly.Retry;
using SparseLlm.Hub.Http;

namespace SparseLlm.Pipeline.Cache.Remote;

/// <summary>
/// GET, HEAD and PUT of files, with bounded memory. What may pass is tried again, with growing, jittered delays, for a
/// few times: a server that fails (5xx), is busy (408, 429) or breaks off. Everything else that a server can do is an
/// <see cref="HttpRequestException"/> at once; a transfer may take as long as it makes progress
/// (<see cref="StallWatch"/>).
/// </summary>
internal sealed class HttpStore
{
    private const int Retries = 4;
    private const int ChunkLength = 1 << 18;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly RemoteCacheOptions options;

    // Redirects are followed here.
    private readonly HttpClient client = new(
        new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = ConnectTimeout, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ResiliencePipeline retries;

    /// <summary>A store at an address.</summary>
    public HttpStore(RemoteCacheOptions options)
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
            })
            .Build();
    }

    /// <summary>Whether there is such a file.</summary>
    public bool Exists(string path, CancellationToken cancellation) => Try(cancellation, async watch =>
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Head, path, null, watch.Token);
        return IsFound(response);
    });

    /// <summary>Downloads a file, chunk by chunk.</summary>
    /// <param name="path">Below the address.</param>
    /// <param name="maximumLength">What is longer is not what was asked for.</param>
    /// <param name="begin">Called before the first chunk, and again whenever the download starts again.</param>
    /// <param name="consume">Gets the chunks. What it throws is not tried again.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <returns>False if there is no such file.</returns>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    public bool Download(
        string path,
        long maximumLength,
        Action begin,
        Action<ReadOnlyMemory<byte>> consume,
        CancellationToken cancellation) =>
        Try(cancellation, watch => DownloadAsync(path, maximumLength, _ => begin(), consume, watch));

    /// <summary>Reads a small file, and which version of it that is.</summary>
    /// <param name="path">Below the address.</param>
    /// <param name="maximumLength">What is longer is not what was asked for.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <returns>Null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    public FileVersion? Read(string path, long maximumLength, CancellationToken cancellation)
    {
        var bytes = new MemoryStream();
        EntityTagHeaderValue? tag = null;
        return Try(cancellation, watch => DownloadAsync(path, maximumLength, Begin, Consume, watch))
            ? new FileVersion(bytes.ToArray(), tag)
            : null;

        void Begin(HttpResponseMessage response)
        {
            bytes.SetLength(0);
            tag = response.Headers.ETag;
        }

        void Consume(ReadOnlyMemory<byte> chunk) => bytes.Write(chunk.Span);
    }

    /// <summary>Uploads a file.</summary>
    /// <param name="path">Below the address.</param>
    /// <param name="open">Opens the content; called again whenever the upload starts again.</param>
    /// <param name="length">Its length.</param>
    /// <param name="cancellation">Stops at once.</param>
    /// <exception cref="IOException">The content cannot be read.</exception>
    public void Upload(
        string path,
        Func<Stream> open,
        long length,
        CancellationToken cancellation) => Try(cancellation, async watch =>
    {
        using HttpResponseMessage response = await SendAsync(
            HttpMethod.Put,
            path,
            () => new UploadContent(open, length, watch),
            watch.Token);
        return response.EnsureSuccessStatusCode();
    });

    /// <summary>
    /// Replaces a small file, unless there is another version of it by now. Some servers replace that as well, so what
    /// is there afterwards has to be looked at, whatever they answer.
    /// </summary>
    /// <param name="path">Below the address.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="seen">What was there before; null for nothing.</param>
    /// <param name="cancellation">Stops at once.</param>
    public void Replace(string path, byte[] content, FileVersion? seen, CancellationToken cancellation)
        => Try(cancellation, async watch =>
        {
            using HttpResponseMessage response = await SendAsync(
                HttpMethod.Put,
                path,
                () => new UploadContent(() => new MemoryStream(content), content.Length, watch),
                watch.Token,
                headers => Require(headers, seen));
            return response.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict
                ? response
                : response.EnsureSuccessStatusCode();
        });

    /// <summary>Deletes a file, if there is one.</summary>
    /// <param name="path">Below the address.</param>
    public void Delete(string path) => Try(CancellationToken.None, async watch =>
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Delete, path, null, watch.Token);
        return IsFound(response);
    });

    /// <summary>Makes a request conditional. Nothing equals a weak tag in a condition, so those make none.</summary>
    private static void Require(HttpRequestHeaders headers, FileVersion? seen)
    {
        if (seen is null)
        {
            headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        }
        else if (seen.Tag is { IsWeak: false } tag)
        {
            headers.IfMatch.Add(tag);
        }
    }

    private async Task<bool> DownloadAsync(
        string path,
        long maximumLength,
        Action<HttpResponseMessage> begin,
        Action<ReadOnlyMemory<byte>> consume,
        StallWatch watch)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path, null, watch.Token);
        if (!IsFound(response))
        {
            return false;
        }

        long left = maximumLength;
        RequireLeft(response.Content.Headers.ContentLength ?? 0);
        watch.Begin();
        LocalFailureException.Guard(() => begin(response));
        await using Stream body = await response.Content.ReadAsStreamAsync(watch.Token);
        byte[] buffer = new byte[ChunkLength];
        while (await body.ReadAsync(buffer, watch.Token) is > 0 and int count)
        {
            RequireLeft(count);
            left -= count;
            LocalFailureException.Guard(() => consume(buffer.AsMemory(0, count)));
            watch.Passed(count);
        }

        return true;

        void RequireLeft(long count)
        {
            if (count > left)
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"'{path}' has more than the {maximumLength} bytes that it can have"));
            }
        }
    }

    /// <summary>Sends a request, and again to where the server says that the file is, as long as what was encrypted
    /// stays so.</summary>
    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        Func<HttpContent>? content,
        CancellationToken cancellation,
        Action<HttpRequestHeaders>? condition = null)
    {
        var address = new Uri(options.Address, path);
        for (int redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(method, address) { Content = content?.Invoke() };

            // Who we are is the business of the server that we were told of, and of no other.
            request.Headers.Authorization = Redirect.IsSameServer(address, options.Address)
                ? options.Authorization
                : null;

            condition?.Invoke(request.Headers);

            // A server that refuses, or sends us elsewhere, can say so before gigabytes are sent.
            request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > ChunkLength;
            HttpResponseMessage response = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellation);

            // After 303 there is something to be got, and nothing to be put.
            if (!Redirect.IsOne(response)
                || (response.StatusCode == HttpStatusCode.SeeOther && method == HttpMethod.Put))
            {
                return response;
            }

            using (response)
            {
                address = Redirect.Target(address, response, redirects);
            }
        }
    }

    private static bool IsFound(HttpResponseMessage response) =>
        response.StatusCode != HttpStatusCode.NotFound && response.EnsureSuccessStatusCode().IsSuccessStatusCode;

    private T Try<T>(CancellationToken cancellation, Func<StallWatch, Task<T>> request)
    {
        try
        {
            return retries.ExecuteAsync(Once, cancellation).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException(FormattableString.Invariant(
                $"it does not answer, or not a byte more within {options.Patience.TotalSeconds:0} seconds"), exception);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(exception.Message, exception);
        }
        catch (LocalFailureException exception)
        {
            exception.Unwrap();
            throw;
        }

        async ValueTask<T> Once(CancellationToken token)
        {
            using var watch = new StallWatch(options.Patience, token);
            return await request(watch);
        }
    }

    /// <summary>Whether the same request may be granted later.</summary>
    public static bool MayPass(HttpRequestException exception) =>
        exception.StatusCode is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError;
}
