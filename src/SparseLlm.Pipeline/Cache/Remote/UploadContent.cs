using System.Net;
using System.Net.Http.Headers;
using SparseLlm.Hub.Http;

namespace SparseLlm.Pipeline.Cache.Remote;

/// <summary>The body of an upload, sent chunk by chunk while a watch looks on.</summary>
internal sealed class UploadContent : HttpContent
{
    private const int ChunkLength = 1 << 18;

    // What has been sent may be on its way still, and the server has to put it in its place.
    private const int TimesForTheAnswer = 5;

    private readonly Func<Stream> open;
    private readonly long length;
    private readonly StallWatch watch;

    /// <summary>A body.</summary>
    /// <param name="open">Opens the content.</param>
    /// <param name="length">Its length.</param>
    /// <param name="watch">Told what the network has taken.</param>
    public UploadContent(Func<Stream> open, long length, StallWatch watch)
    {
        (this.open, this.length, this.watch) = (open, length, watch);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken)
    {
        await using Stream content = LocalFailureException.Guard(open);
        byte[] buffer = new byte[ChunkLength];
        while (LocalFailureException.Guard(() => content.Read(buffer)) is > 0 and int count)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            watch.Passed(count);
        }

        watch.Begin(TimesForTheAnswer);
    }
}
