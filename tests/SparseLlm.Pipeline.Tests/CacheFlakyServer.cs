using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A server that fails before it does what it should: it keeps what is PUT in memory and gives it
/// back.</summary>
internal sealed class CacheFlakyServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly List<string> heads = [];
    private readonly Func<int, string, Failure> failureOf;
    private int count;

    /// <summary>Starts the server.</summary>
    /// <param name="failureOf">How the server fails, by the number of the request from 0 on and its first line.</param>
    public CacheFlakyServer(Func<int, string, Failure> failureOf)
    {
        this.failureOf = failureOf;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        _ = ServeAsync();
    }

    public enum Failure
    {
        None,
        Unavailable,
        TooMany,
        Hangup,
        HalfTheBody,
        TwiceTheBody,
        EndlessBody,
        EndlessChunks,
        EndlessHeaders,
        EndlessInterim,
        Silence,
        SilenceInTheBody,
        Drip,
        Slow,
        Scripted,
        Forbidden,
    }

    public Uri Address { get; }

    public int Requests => count;

    /// <summary>The request lines and headers, in order.</summary>
    public IReadOnlyList<string> Heads => heads;

    /// <summary>What the server has, by path with a slash before it.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Whether it says which version of a file it gives, and minds the conditions of requests.</summary>
    public bool IsStrict { get; init; }

    /// <summary>What it answers where it is <see cref="Failure.Scripted"/>, byte for byte, by the first line of the
    /// request.</summary>
    public Func<string, byte[]> Script { get; set; } = _ => [];

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(stop.Token);
                await using NetworkStream stream = client.GetStream();
                try
                {
                    await AnswerAsync(stream);
                }
                catch (IOException)
                {
                    // The client has had enough.
                }
            }
        }
        catch (Exception exception)
            when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        string head = await ReadHeadAsync(stream);
        heads.Add(head);
        string first = head[..head.IndexOf('\r')];
        string[] words = first.Split(' ');
        Failure failure = failureOf(count++, first);
        if (failure == Failure.Scripted && words[0] == "PUT"
            && head.Contains("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            await stream.WriteAsync(Script(first));
            return;
        }

        byte[] body = await ReadBodyAsync(stream, head);
        switch (failure)
        {
            case Failure.Unavailable:
                await SendAsync(stream, "503 Service Unavailable", 0, []);
                return;
            case Failure.TooMany:
                await SendAsync(stream, "429 Too Many Requests", 0, []);
                return;
            case Failure.Forbidden:
                await SendAsync(stream, "403 Forbidden", 0, []);
                return;
            case Failure.Hangup:
                return;
            case Failure.Scripted:
                await stream.WriteAsync(Script(first));
                return;
            case Failure.Silence:
                await UntilTheClientLeaves(stream, []);
                return;
            case Failure.EndlessInterim:
                await UntilTheClientLeaves(stream, "HTTP/1.1 102 Processing\r\n\r\n"u8.ToArray());
                return;
            case Failure.EndlessHeaders:
                await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray());
                await UntilTheClientLeaves(
                    stream,
                    "X: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"u8.ToArray());
                return;
            case Failure.EndlessBody:
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8.ToArray());
                await UntilTheClientLeaves(stream, new byte[1 << 16]);
                return;
            case Failure.EndlessChunks:
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
                await UntilTheClientLeaves(stream, [.. "1000\r\n"u8, .. new byte[0x1000], .. "\r\n"u8]);
                return;
            case Failure.Drip:
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"u8.ToArray());
                await UntilTheClientLeaves(stream, [0], TimeSpan.FromMilliseconds(50));
                return;
        }

        if (words[0] == "PUT" && IsStrict && !IsMet(head, words[1]))
        {
            await SendAsync(stream, "412 Precondition Failed", 0, []);
        }
        else if (words[0] == "PUT")
        {
            Files[words[1]] = body;
            await SendAsync(stream, "201 Created", 0, []);
        }
        else if (Files.TryGetValue(words[1], out byte[]? file))
        {
            await SendFileAsync(stream, words[0] == "HEAD" ? [] : file, file.Length, failure);
        }
        else
        {
            await SendAsync(stream, "404 Not Found", 0, []);
        }
    }

    /// <summary>Whether a file is as the headers of a request demand.</summary>
    private bool IsMet(string head, string path)
    {
        string? tag = Files.TryGetValue(path, out byte[]? file) ? TagOf(file) : null;
        return (!head.Contains("If-None-Match: *\r\n") || tag is null)
            && (!head.Contains("If-Match: ") || head.Contains($"If-Match: {tag}\r\n"));
    }

    private static string TagOf(byte[] file) => $"\"{Convert.ToHexString(SHA256.HashData(file))}\"";

    private async Task SendFileAsync(NetworkStream stream, byte[] file, int length, Failure failure)
    {
        switch (failure)
        {
            case Failure.HalfTheBody:
                await SendAsync(stream, "200 OK", length, file[..(file.Length / 2)]);
                break;
            case Failure.TwiceTheBody:
                await SendAsync(stream, "200 OK", 2 * length, [.. file, .. file]);
                break;
            case Failure.SilenceInTheBody:
                await SendAsync(stream, "200 OK", length, file[..(file.Length / 2)]);
                await UntilTheClientLeaves(stream, []);
                break;
            case Failure.Slow:
                await SendAsync(stream, "200 OK", length, []);
                foreach (byte[] piece in file.Chunk(Hub.Http.StallWatch.LeastProgress))
                {
                    await Task.Delay(Pause, stop.Token);
                    await stream.WriteAsync(piece, stop.Token);
                }

                break;
            default:
                await SendAsync(stream, IsStrict ? $"200 OK\r\nETag: {TagOf(file)}" : "200 OK", length, file);
                break;
        }
    }

    /// <summary>How long a slow server does nothing between two pieces.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(300);

    private async Task UntilTheClientLeaves(NetworkStream stream, byte[] again, TimeSpan pause = default)
    {
        Task<int> end = stream.ReadAsync(new byte[1], stop.Token).AsTask();
        while (!end.IsCompleted)
        {
            await stream.WriteAsync(again, stop.Token);
            await (again.Length == 0 ? end : Task.Delay(pause, stop.Token));
        }
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private static async Task<byte[]> ReadBodyAsync(NetworkStream stream, string head)
    {
        byte[] body = new byte[LengthOf(head)];
        if (head.Contains("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        }

        await stream.ReadExactlyAsync(body);
        return body;
    }

    private static int LengthOf(string head) =>
        head.Split("\r\n")
            .FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } line
            ? int.Parse(line.Split(':')[1])
            : 0;

    private static async Task SendAsync(NetworkStream stream, string status, int length, byte[] body)
    {
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"));
        await stream.WriteAsync(body);
    }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }
}
