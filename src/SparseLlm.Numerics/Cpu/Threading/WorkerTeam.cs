namespace SparseLlm.Numerics.Cpu.Threading;

/// <summary>
/// Threads that wait for jobs, the caller's being one of them. A dedicated team forks in microseconds where the thread
/// pool, on a loaded machine, needs hundreds.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    /// <summary>Elements per work item of elementwise loops: below the size of a core's cache, above the cost of a
    /// fork.</summary>
    public const int Chunk = 1 << 15;

    private const int SpinsBeforeSleep = 300;

    private readonly object gate = new();
    private readonly Thread[] workers;
    private Job? current;
    private volatile int generation;
    private int sleepers;
    private int busy;
    private bool disposed;

    public WorkerTeam(int threads)
    {
        Threads = threads;
        workers = new Thread[threads - 1];
        for (int i = 0; i < workers.Length; i++)
        {
            workers[i] = new Thread(WorkUntilDisposed) { IsBackground = true, Name = $"cpu-backend-{i + 1}" };
            workers[i].Start();
        }
    }

    /// <summary>Number of threads, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Calls <paramref name="body"/> with 0 .. items - 1, each once, in any order. A call from inside a work item, or
    /// while another thread's job is running, works on the caller's thread alone.
    /// </summary>
    public void Run(int items, Action<int> body)
    {
        if (items <= 1 || workers.Length == 0 || Interlocked.Exchange(ref busy, 1) == 1)
        {
            for (int i = 0; i < items; i++)
            {
                body(i);
            }

            return;
        }

        try
        {
            var job = new Job(items, body);
            lock (gate)
            {
                current = job;
                generation++;
                if (sleepers > 0)
                {
                    Monitor.PulseAll(gate);
                }
            }

            job.Work();
            job.Wait();
        }
        finally
        {
            // A worker that comes late must not keep the job's captured objects alive.
            Volatile.Write(ref current, null);
            Volatile.Write(ref busy, 0);
        }
    }

    /// <summary>
    /// Calls <paramref name="body"/> with (start, count) of consecutive pieces of 0 .. length. Where the pieces begin
    /// depends on the length alone, so that sums over a piece are the same for any number of threads.
    /// </summary>
    public void RunChunks(nint length, nint chunk, Action<nint, nint> body)
    {
        int items = checked((int)((length + chunk - 1) / chunk));
        Run(items, item => body(item * chunk, Math.Min(chunk, length - item * chunk)));
    }

    /// <summary>The rows that make up about one <see cref="Chunk"/>.</summary>
    public static int RowsPerChunk(int columns) => Math.Max(1, Chunk / Math.Max(1, columns));

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            generation++;
            Monitor.PulseAll(gate);
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }
    }

    private void WorkUntilDisposed()
    {
        int seen = 0;
        while (true)
        {
            for (int spin = 0; spin < SpinsBeforeSleep && generation == seen; spin++)
            {
                Thread.SpinWait(20);
            }

            Job? job;
            lock (gate)
            {
                while (generation == seen)
                {
                    sleepers++;
                    Monitor.Wait(gate);
                    sleepers--;
                }

                if (disposed)
                {
                    return;
                }

                seen = generation;
                job = current;
            }

            job?.Work();
        }
    }
}
