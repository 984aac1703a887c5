namespace SparseLlm.Pipeline.Cache.Claims;

/// <summary>Two locks that are released together.</summary>
/// <param name="inner">Released first.</param>
/// <param name="outer">Released then.</param>
internal sealed class Holds(IDisposable inner, IDisposable outer) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        using (outer)
        {
            inner.Dispose();
        }
    }
}
