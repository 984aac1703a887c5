using System.Runtime.ExceptionServices;

namespace SparseLlm.Hub.Http;

/// <summary>What went wrong with a file here in the middle of a transfer: the network's failures may be tried again,
/// and not these.</summary>
internal sealed class LocalFailureException : Exception
{
    private LocalFailureException(Exception inner)
        : base(inner.Message, inner)
    {
    }

    /// <summary>Does something with a local file.</summary>
    /// <exception cref="LocalFailureException">It went wrong.</exception>
    public static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LocalFailureException(exception);
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public static void Guard(Action action) => Guard(() =>
    {
        action();
        return true;
    });

    /// <summary>Throws what went wrong itself.</summary>
    public void Unwrap() => ExceptionDispatchInfo.Throw(InnerException!);
}
