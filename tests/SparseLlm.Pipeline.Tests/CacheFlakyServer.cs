using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A server that fails before it does what it should: it keeps what is PUT in memory and gives it back.</summary>
internal sealed class CacheFlakyServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, byte[]> files = [];
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
    }

    public Uri Address { get; }

    public int Requests => count;

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await using NetworkStream stream = client.GetStream();
                await AnswerAsync(stream);
            }
        }
        catch (SocketException)
        {
            // Stopped.
        }
        catch (ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        string head = await ReadHeadAsync(stream);
        string first = head[..head.IndexOf('\r')];
        string[] words = first.Split(' ');
        byte[] body = new byte[LengthOf(head)];
        await stream.ReadExactlyAsync(body);
        Failure failure = failureOf(count++, first);
        switch (failure)
        {
            case Failure.Unavailable:
                await SendAsync(stream, "503 Service Unavailable", 0, []);
                return;
            case Failure.TooMany:
                await SendAsync(stream, "429 Too Many Requests", 0, []);
                return;
            case Failure.Hangup:
                return;
        }

        if (words[0] == "PUT")
        {
            files[words[1]] = body;
            await SendAsync(stream, "201 Created", 0, []);
        }
        else if (files.TryGetValue(words[1], out byte[]? file))
        {
            int sent = words[0] == "HEAD" ? 0 : failure == Failure.HalfTheBody ? file.Length / 2 : file.Length;
            await SendAsync(stream, "200 OK", file.Length, file[..sent]);
        }
        else
        {
            await SendAsync(stream, "404 Not Found", 0, []);
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

    private static int LengthOf(string head) =>
        head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } line
            ? int.Parse(line.Split(':')[1])
            : 0;

    private static async Task SendAsync(NetworkStream stream, string status, int length, byte[] body)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"));
        await stream.WriteAsync(body);
    }

    public void Dispose() => listener.Dispose();
}
