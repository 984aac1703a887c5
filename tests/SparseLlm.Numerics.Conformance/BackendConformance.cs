namespace SparseLlm.Numerics.Conformance;

/// <summary>
/// What every backend must do, operation by operation, against slow references in double precision. A backend passes by
/// a subclass that creates it, or skips where this machine has no such device.
/// </summary>
public abstract partial class BackendConformance : IDisposable
{
    private readonly Lazy<IBackend> backend;

    protected BackendConformance() => backend = new Lazy<IBackend>(() => Create(threads: 2));

    /// <summary>The backend under test, to work with a number of threads (where it has a choice).</summary>
    protected abstract IBackend Create(int threads);

    /// <summary>The backend under test.</summary>
    protected IBackend Backend => backend.Value;

    public void Dispose()
    {
        if (backend.IsValueCreated)
        {
            backend.Value.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Runs a computation with 1, 2 and 3 threads, and once more, and expects the same bits every time.
    /// </summary>
    protected void ShouldNotDependOnThreads(Func<IBackend, double[]> compute)
    {
        double[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3, 2 })
        {
            using IBackend device = Create(threads);
            double[] actual = compute(device);
            expected ??= actual;
            actual.AsSpan().SequenceEqual(expected).ShouldBeTrue($"the result with {threads} threads differs");
        }
    }
}
