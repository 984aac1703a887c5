using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Cache.Local;

/// <summary>
/// Writes to a store for as long as that works: after the first failure, which is reported, nothing is tried any more.
/// Its folders are made when there is something to write, once. Safe for several threads.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="report">Told of trouble, as a note.</param>
internal sealed class StoreWriter(LocalStore store, Action<Diagnostic> report)
{
    private readonly Lock gate = new();
    private bool isPrepared;

    /// <summary>Whether what is written now will be found later.</summary>
    public bool IsWritable { get; private set; } = true;

    /// <summary>The store, whose folders are made, once.</summary>
    /// <exception cref="IOException">They cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be made.</exception>
    public LocalStore Prepare()
    {
        lock (gate)
        {
            if (!isPrepared)
            {
                store.Prepare();
                isPrepared = true;
            }
        }

        return store;
    }

    /// <summary>Does something that writes; null where it cannot.</summary>
    public T? Try<T>(Func<LocalStore, T?> action)
        where T : class
    {
        if (!IsWritable)
        {
            return null;
        }

        try
        {
            return action(Prepare());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            GiveUp(exception);
            return null;
        }
    }

    private void GiveUp(Exception exception)
    {
        lock (gate)
        {
            if (IsWritable)
            {
                IsWritable = false;
                report(PipelineDiagnostics.CacheUnusable.At(
                    new SourceLocation(store.Root),
                    $"the cache cannot be written, so nothing more is stored in it by this run: "
                    + $"{exception.Message.TrimEnd('.')}; "
                    + $"free some space ('dotnet sparsellm cache gc'), or name another folder in "
                    + $"{CacheFolder.Variable}"));
            }
        }
    }
}
