using System.Net.Http.Headers;
using SparseLlm.Hub.Http;
using SparseLlm.Hub.Listing;

namespace SparseLlm.Hub.Downloads;

/// <summary>
/// Brings the pieces of a file, several at once. A piece that is cut off goes on where it was; a server that gives no
/// parts gives the whole, of which what is here already is passed over.
/// </summary>
/// <param name="http">To the hub.</param>
/// <param name="file">As the hub lists it.</param>
/// <param name="address">Where the hub has it.</param>
/// <param name="partial">Takes the bytes.</param>
/// <param name="arrived">Told how many bytes have come.</param>
internal sealed class FileDownload(HubHttp http, HubFile file, Uri address, PartialFile partial, Action<int> arrived)
{
    private const int Streams = 4;
    private const int ChunkLength = 1 << 18;

    private Piece[] Missing => [.. partial.Pieces.Where(piece => !piece.IsDone)];

    /// <summary>Brings what is missing.</summary>
    /// <exception cref="HttpRequestException">It cannot be brought; what has come is kept.</exception>
    /// <exception cref="InvalidDataException">What comes is not the file.</exception>
    /// <exception cref="LocalFailureException">It cannot be written.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await Parallel.ForEachAsync(
                Missing, new ParallelOptions
                {
                    MaxDegreeOfParallelism = Streams,
                    CancellationToken = cancellation
                }, async (piece, token) => await ReceiveAsync(piece, token));
        }
        catch (PartsNotServedException)
        {
            await ReceiveWholeAsync(cancellation);
        }
    }

    private async Task ReceiveAsync(Piece piece, CancellationToken cancellation)
    {
        while (!piece.IsDone)
        {
            await ProgressAsync(() => piece.Received, async watch =>
            {
                long from = piece.Next;
                bool isWhole = from == 0 && piece.End == file.Size;
                using HubAnswer answer = await AskAsync(
                    isWhole ? null : new RangeHeaderValue(from, piece.End - 1),
                    watch);
                if (isWhole)
                {
                    RequireWhole(answer);
                }
                else
                {
                    RequirePart(answer, from, piece.End);
                }

                await foreach (ReadOnlyMemory<byte> chunk in ReadAsync(answer, watch))
                {
                    Require(chunk.Length <= piece.End - piece.Next, "more comes than was asked for");
                    Append(piece, chunk);
                }
            }, cancellation);
        }
    }

    private async Task ReceiveWholeAsync(CancellationToken cancellation)
    {
        while (Missing.Length > 0)
        {
            await ProgressAsync(() => partial.Received, async watch =>
            {
                using HubAnswer answer = await AskAsync(null, watch);
                RequireWhole(answer);
                long place = 0;
                await foreach (ReadOnlyMemory<byte> chunk in ReadAsync(answer, watch))
                {
                    Require(chunk.Length <= file.Size - place, "it has more bytes than it should");
                    foreach (Piece piece in partial.Pieces
                        .Where(piece => piece.Next >= place && piece.Next < Math.Min(piece.End, place + chunk.Length)))
                    {
                        int begin = (int)(piece.Next - place);
                        Append(piece, chunk[begin..(int)Math.Min(chunk.Length, piece.End - place)]);
                    }

                    place += chunk.Length;
                }
            }, cancellation);
        }
    }

    /// <summary>Does something until it fails without having come further: whatever has come makes it a new
    /// beginning.</summary>
    private async Task ProgressAsync(
        Func<long> received,
        Func<StallWatch, Task> receive,
        CancellationToken cancellation) => await http.TryAsync(async watch =>
    {
        long before = received();
        try
        {
            await receive(watch);
        }
        catch (Exception exception) when (received() > before && (exception is IOException or HttpRequestException
            || (exception is OperationCanceledException && !cancellation.IsCancellationRequested)))
        {
            return true;
        }

        return received() > before
            ? true
            : throw new HttpIOException(HttpRequestError.ResponseEnded, "it ends before the file does");
    }, cancellation);

    private async Task<HubAnswer> AskAsync(RangeHeaderValue? range, StallWatch watch)
    {
        HubAnswer answer = await http.GetAsync(address, range, watch.Token);
        watch.Begin();
        if (answer.Etag is { } etag && (HubListing.IsSha256(etag) || HubListing.IsGitId(etag)) && etag != file.Id)
        {
            answer.Dispose();
            throw new InvalidDataException($"the hub gives the content {etag}, and lists {file.Id}");
        }

        return answer;
    }

    private void RequireWhole(HubAnswer answer)
    {
        long length = answer.Response.Content.Headers.ContentLength ?? file.Size;
        Require(
            !answer.IsPart && length == file.Size,
            FormattableString.Invariant($"{length} bytes come, and the hub lists {file.Size}"));
    }

    private void RequirePart(HubAnswer answer, long from, long end)
    {
        if (!answer.IsPart)
        {
            throw new PartsNotServedException();
        }

        ContentRangeHeaderValue? range = answer.Response.Content.Headers.ContentRange;
        Require(range is { Unit: "bytes", HasRange: true } && range.From == from && range.To < end
            && (range.Length ?? file.Size) == file.Size, $"it is asked for one part and gives another ({range})");
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(HubAnswer answer, StallWatch watch)
    {
        await using Stream body = await answer.Response.Content.ReadAsStreamAsync(watch.Token);
        byte[] buffer = new byte[ChunkLength];
        while (await body.ReadAsync(buffer, watch.Token) is > 0 and int count)
        {
            watch.Passed(count);
            yield return buffer.AsMemory(0, count);
        }
    }

    private void Append(Piece piece, ReadOnlyMemory<byte> bytes)
    {
        LocalFailureException.Guard(() => partial.Append(piece, bytes.Span));
        arrived(bytes.Length);
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new InvalidDataException(problem);
        }
    }

    /// <summary>The server gives the whole where a part was asked for.</summary>
    private sealed class PartsNotServedException : Exception;
}
