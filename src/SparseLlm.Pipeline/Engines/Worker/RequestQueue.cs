using System.Collections.Concurrent;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>
/// Reads requests on a thread of its own, so that a worker hears of a cancellation while it computes, and of the end of the tool, however that came.
/// </summary>
internal sealed class RequestQueue : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly BlockingCollection<WorkerRequest> requests = [];
    private readonly Lock gate = new();
    private CancellationTokenSource? running;
    private bool isClosed;

    /// <summary>Begins to read.</summary>
    public RequestQueue(TextReader input) =>
        new Thread(() => Read(input)) { IsBackground = true, Name = "requests" }.Start();

    /// <summary>The requests, as they come; they end with the input.</summary>
    public IEnumerable<WorkerRequest> All => requests.GetConsumingEnumerable();

    /// <summary>Does a job that a request to cancel stops, or the end of the input.</summary>
    public T Run<T>(Func<CancellationToken, T> job)
    {
        using var cancellation = new CancellationTokenSource();
        lock (gate)
        {
            running = cancellation;
            if (isClosed)
            {
                cancellation.Cancel();
            }
        }

        try
        {
            return job(cancellation.Token);
        }
        finally
        {
            lock (gate)
            {
                running = null;
            }
        }
    }

    /// <summary>Takes no more requests, stops the job, and ends the process if that takes long: nobody waits for its results any more.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            running?.Cancel();
        }

        requests.CompleteAdding();
        new Thread(() =>
        {
            Thread.Sleep(Grace);
            Environment.Exit(1);
        }) { IsBackground = true, Name = "grace" }.Start();
    }

    private void Read(TextReader input)
    {
        while (input.ReadLine() is { } line)
        {
            switch (WorkerProtocol.Read<WorkerRequest>(line))
            {
                case Cancel:
                    lock (gate)
                    {
                        running?.Cancel();
                    }

                    break;
                case { } request when !requests.IsAddingCompleted:
                    requests.Add(request);
                    break;
                case null:
                    Console.Error.WriteLine($"not a request: {line}");
                    break;
            }
        }

        Close();
    }

    /// <inheritdoc/>
    public void Dispose() => requests.Dispose();
}
