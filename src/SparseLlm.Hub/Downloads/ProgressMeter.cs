using System.Diagnostics;

namespace SparseLlm.Hub.Downloads;

/// <summary>Adds up what arrives by several streams, and tells now and then.</summary>
/// <param name="progress">Told; may be null.</param>
/// <param name="total">Bytes of all files.</param>
/// <param name="before">Bytes of the files that are there.</param>
internal sealed class ProgressMeter(IProgress<HubProgress>? progress, long total, long before)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private string current = "";
    private long done = before;
    private long ofCurrent;
    private long reported;

    /// <summary>Goes over to a file.</summary>
    public void Begin(string file)
    {
        lock (gate)
        {
            (current, ofCurrent) = (file, 0);
        }
    }

    /// <summary>So many bytes of the file are here.</summary>
    public void Set(long bytes)
    {
        lock (gate)
        {
            ofCurrent = bytes;
            Report();
        }
    }

    /// <summary>So many bytes more have come.</summary>
    public void Add(int bytes)
    {
        lock (gate)
        {
            ofCurrent += bytes;
            if (Stopwatch.GetElapsedTime(reported) >= Pause)
            {
                Report();
            }
        }
    }

    /// <summary>The file is here.</summary>
    public void Done(HubFile file)
    {
        lock (gate)
        {
            done += file.Size;
            ofCurrent = 0;
            Report();
        }
    }

    private void Report()
    {
        reported = Stopwatch.GetTimestamp();
        progress?.Report(new HubProgress(current, done + ofCurrent, total));
    }
}
