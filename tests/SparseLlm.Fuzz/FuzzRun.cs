using System.Collections.Concurrent;
using System.Diagnostics;
using SparseLlm.Fuzz.Mutation;

namespace SparseLlm.Fuzz;

/// <summary>Gives a reader one mutated input after the other. Reader, seed and number give the same input again, in
/// whatever order they are read.</summary>
/// <param name="target">The reader.</param>
/// <param name="seed">The seed of all of them.</param>
internal sealed class FuzzRun(FuzzTarget target, int seed)
{
    // No input of a few kilobytes has a reason to take more.
    private const long MostMemory = 128 << 20;

    // Beyond what a busy machine can be blamed for.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentBag<FuzzFailure> failures = [];
    private readonly ConcurrentDictionary<int, (long Number, long Start)> running = [];
    private long refused;

    /// <summary>What went wrong, in the order of the inputs.</summary>
    public IReadOnlyList<FuzzFailure> Failures => [.. failures.OrderBy(failure => failure.Number)];

    /// <summary>How many inputs were refused; the others were read.</summary>
    public long Refused => refused;

    /// <summary>An input.</summary>
    /// <param name="number">Its number.</param>
    public byte[] Input(long number) =>
        new Mutator(
            target.Samples,
            new Random(unchecked((seed * 1_000_003) ^ (int)number ^ ((int)(number >> 32) * 7919)))).Next();

    /// <summary>Reads inputs, on all processors.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    public void Run(long first, long count)
    {
        using var watch = new Timer(_ => EndIfHanging(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        Parallel.For(
            first,
            first + count,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => new Workplace(target),
            (number, _, workplace) =>
            {
                Read(number, workplace);
                return workplace;
            },
            workplace => workplace.Dispose());
    }

    private void Read(long number, Workplace workplace)
    {
        byte[] input = Input(number);
        running[Environment.CurrentManagedThreadId] = (number, Stopwatch.GetTimestamp());
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (!target.Read(input, workplace.Folder))
            {
                Interlocked.Increment(ref refused);
            }
        }
        catch (Exception exception) when (FuzzTarget.IsRefusal(exception))
        {
            Interlocked.Increment(ref refused);
        }
        catch (Exception exception)
        {
            failures.Add(new FuzzFailure(number, exception.ToString(), input));
        }

        running.TryRemove(Environment.CurrentManagedThreadId, out _);
        long memory = GC.GetAllocatedBytesForCurrentThread() - before;
        if (memory > MostMemory)
        {
            failures.Add(new FuzzFailure(
                number,
                FormattableString.Invariant($"it took {memory >> 20} MiB to read {input.Length} bytes"),
                input));
        }
    }

    /// <summary>A thread that hangs cannot be stopped, so the process is.</summary>
    private void EndIfHanging()
    {
        foreach ((long number, long start) in running.Values)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                Environment.FailFast(FormattableString.Invariant(
                    $"{target.Name}: seed {seed}, input {number} is still being read after {Patience.TotalSeconds} s"));
            }
        }
    }

    /// <summary>What a thread needs for itself.</summary>
    private sealed class Workplace : IDisposable
    {
        // A disk takes longer for a file than its reader.
        private const string MemoryDisk = "/dev/shm";

        public Workplace(FuzzTarget target)
        {
            Folder = Directory.Exists(MemoryDisk)
                ? Directory.CreateDirectory(Path.Combine(MemoryDisk, $"sparsellm-{Guid.NewGuid():n}")).FullName
                : Directory.CreateTempSubdirectory("sparsellm-").FullName;
            target.Prepare(Folder);
        }

        public string Folder { get; }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>An input that was neither read nor refused.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Problem">What happened instead.</param>
/// <param name="Input">The input.</param>
internal sealed record FuzzFailure(long Number, string Problem, byte[] Input);
