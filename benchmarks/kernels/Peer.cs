using System.Diagnostics;
using System.Globalization;

namespace SparseLlm.Benchmarks.Kernels;

/// <summary>
/// The same work in PyTorch on the CPU (Debian's python3-torch), in a process that waits for commands, so that both
/// sides can be measured in turn.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    /// <summary>Starts the script beside this program.</summary>
    public Peer(int threads)
    {
        var start = new ProcessStartInfo(
            "/usr/bin/python3",
            [Path.Combine(AppContext.BaseDirectory, "torch", "kernels.py"), $"{threads}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        process = Process.Start(start)!;
        Description = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("python3 with torch does not start; install python3-torch.");
    }

    /// <summary>Its version and number of threads.</summary>
    public string Description { get; }

    /// <summary>Does a piece of work once.</summary>
    /// <param name="command">Its name and numbers, separated by spaces.</param>
    /// <returns>Seconds.</returns>
    public double Run(string command)
    {
        process.StandardInput.WriteLine(command);
        process.StandardInput.Flush();
        string answer = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"The peer ended at '{command}'.");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
