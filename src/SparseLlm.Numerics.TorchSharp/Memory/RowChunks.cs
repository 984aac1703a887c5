using System.Runtime.InteropServices;

namespace SparseLlm.Numerics.TorchSharp.Memory;

/// <summary>
/// Goes through the rows of matrices in chunks, so that what an operation needs beside its result is bounded. Their
/// length does not depend on free memory: sums would end elsewhere on every run. Only where memory runs out is a chunk
/// halved and tried again.
/// </summary>
/// <param name="notice">Hears, once, that memory ran out; null if nobody wants to.</param>
internal sealed class RowChunks(Action<string>? notice)
{
    /// <summary>Elements of a chunk: 64 MiB in single precision.</summary>
    private const long Elements = 1 << 24;

    private int noticed;

    /// <summary>Calls <paramref name="body"/> with first row and number of rows until all rows are done, each time in a
    /// dispose scope.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="elementsPerRow">Elements per row of the largest matrix that the body makes.</param>
    /// <param name="body">What is done with some rows; it changes nothing before all memory that it needs is
    /// there.</param>
    /// <param name="most">The most rows at a time.</param>
    public void Run(long rows, long elementsPerRow, Action<long, long> body, long most = long.MaxValue)
    {
        long length = Math.Min(most, Math.Max(1, Elements / Math.Max(1, elementsPerRow)));
        for (long start = 0; start < rows;)
        {
            long count = Math.Min(length, rows - start);
            try
            {
                using DisposeScope scope = torch.NewDisposeScope();
                body(start, count);
                start += count;
            }
            catch (ExternalException exception) when (count > 1 && OutOfMemory.Caused(exception))
            {
                length = (count + 1) / 2;
                Notice(length);
            }
        }
    }

    /// <summary>destination = map(x), chunk by chunk; the destination may be x.</summary>
    public void Map(Tensor destination, Tensor x, Func<Tensor, Tensor> map) => Write(destination, rows => map(rows(x)));

    /// <summary>destination = map(x, y), chunk by chunk; the destination may be one of them.</summary>
    public void Map(Tensor destination, Tensor x, Tensor y, Func<Tensor, Tensor, Tensor> map) =>
        Write(destination, rows => map(rows(x), rows(y)));

    /// <summary>destination = map(x, y, z), chunk by chunk; the destination may be one of them.</summary>
    public void Map(Tensor destination, Tensor x, Tensor y, Tensor z, Func<Tensor, Tensor, Tensor, Tensor> map) =>
        Write(destination, rows => map(rows(x), rows(y), rows(z)));

    private void Write(Tensor destination, Func<Func<Tensor, Tensor>, Tensor> map) =>
        Run(destination.shape[0], destination.shape[1], (start, count) =>
            destination.narrow(0, start, count).copy_(map(x => x.narrow(0, start, count))));

    private void Notice(long length)
    {
        if (Interlocked.Exchange(ref noticed, 1) == 0)
        {
            notice?.Invoke(
                FormattableString.Invariant($"The device's memory ran out: going on in chunks of {length} rows."));
        }
    }
}
