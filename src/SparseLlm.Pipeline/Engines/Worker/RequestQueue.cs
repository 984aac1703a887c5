using System.Collections.Concurrent;

namespace SparseLlm.Pipeline.Engines.Worker;

/// <summary>
/// Reads requests on a thread of its own, so that a worker hears of a cancellation while it computes, and of the end of
/// the tool, however that came. It is not disposed of: that thread may be waiting for the tool to the end of the
/// process.
/// </summary>
internal sealed class RequestQueue
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<WorkerRequest> requests = [];
    private readonly Lock gate = new();
    private CancellationTokenSource? running;

    /// <summary>Begins to read.</summary>
    public RequestQueue(Stream input) =>
        new Thread(() => Read(new LineReader(input, WorkerProtocol.LongestLine)))
        {
            IsBackground = true,
            Name = "requests"
        }.Start();

    /// <summary>The requests, as they come; they end with the input.</summary>
    public IEnumerable<WorkerRequest> All => requests.GetConsumingEnumerable();

    /// <summary>Why no more requests are read though there are some: the tool sent what is none. It waits for an answer
    /// that it will not get, unless the process ends.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Does a job that a request to cancel stops, or the end of the input.</summary>
    public T Run<T>(Func<CancellationToken, T> job)
    {
        using var cancellation = new CancellationTokenSource();
        lock (gate)
        {
            running = cancellation;
            if (requests.IsAddingCompleted)
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

    /// <summary>Takes no more requests, stops the job, and ends the process if that takes long: nobody waits for its
    /// results any more.</summary>
    public void Close()
    {
        lock (gate)
        {
            requests.CompleteAdding();
            running?.Cancel();
        }

        new Thread(() =>
        {
            Thread.Sleep(Grace);
            Environment.Exit(1);
        })
        { IsBackground = true, Name = "grace" }.Start();
    }

    private void Read(LineReader lines)
    {
        try
        {
            while (WorkerProtocol.Read<WorkerRequest>(lines) is { } request)
            {
                Take(request);
            }
        }
        catch (InvalidDataException exception)
        {
            Trouble = $"the tool {exception.Message}";
        }

        Close();
    }

    private void Take(WorkerRequest request)
    {
        lock (gate)
        {
            if (request is Cancel)
            {
                running?.Cancel();
            }
            else if (!requests.IsAddingCompleted)
            {
                requests.Add(request);
            }
        }
    }
}
