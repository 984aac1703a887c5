namespace SparseLlm.Pipeline.Cache.Claims;

/// <summary>Stands for a lock where none can be had: the same work may be done twice, and no harm.</summary>
internal sealed class NoLock : IDisposable
{
    /// <summary>The only one.</summary>
    public static NoLock Instance { get; } = new();

    private NoLock()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
