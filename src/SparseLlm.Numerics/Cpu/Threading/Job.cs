namespace SparseLlm.Numerics.Cpu.Threading;

/// <summary>
/// A number of work items, handed out by ticket to whoever comes. It is finished when every item is, not when every
/// thread is: a thread that the system keeps waiting holds nobody up.
/// </summary>
internal sealed class Job
{
    private readonly int items;
    private readonly Action<int> body;
    private int tickets;
    private int unfinished;
    private Exception? failure;

    public Job(int items, Action<int> body)
    {
        this.items = items;
        this.body = body;
        unfinished = items;
    }

    /// <summary>Draws tickets and works until none is left.</summary>
    public void Work()
    {
        for (
            int item = Interlocked.Increment(ref tickets) - 1;
            item < items;
            item = Interlocked.Increment(ref tickets) - 1)
        {
            try
            {
                body(item);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
            finally
            {
                Interlocked.Decrement(ref unfinished);
            }
        }
    }

    /// <summary>Waits for items that other threads are still working on.</summary>
    public void Wait()
    {
        SpinWait spin = default;
        while (Volatile.Read(ref unfinished) > 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (failure is not null)
        {
            throw new AggregateException(failure);
        }
    }
}
