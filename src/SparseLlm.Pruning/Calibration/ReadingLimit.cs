using System.Globalization;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>How much of a text is read at most, whatever its files hold once they are unpacked.</summary>
/// <param name="most">How many bytes.</param>
internal sealed class ReadingLimit(long most = ReadingLimit.Most)
{
    /// <summary>As a whole a text is one string and one list of ids, which can have about as many elements.</summary>
    public const long Most = 1_000_000_000;

    private long taken;

    /// <summary>Takes what has been read of a file.</summary>
    /// <exception cref="DiagnosticException">It is too much.</exception>
    public void Take(string path, long bytes)
    {
        taken += bytes;
        Require(path, 0);
    }

    /// <summary>Refuses a file that will be read as a whole and is too long for that.</summary>
    /// <exception cref="DiagnosticException">It is.</exception>
    public void Require(string path, long bytes)
    {
        if (bytes > most - taken)
        {
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path), string.Create(CultureInfo.InvariantCulture,
                    $"with this file the text has more than {most} bytes, and no "
                        + $"more are read; use a part of it, or 'records' for its beginning"));
        }
    }
}
