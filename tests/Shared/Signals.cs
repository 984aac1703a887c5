using System.Diagnostics;
using System.Globalization;

namespace SparseLlm.Tests;

/// <summary>Signals to another process, by the names that <c>kill</c> has for them: <see cref="Interrupt"/> is
/// Ctrl+C.</summary>
internal static class Signals
{
    public const string HangUp = "HUP";
    public const string Interrupt = "INT";
    public const string Terminate = "TERM";

    /// <summary>Skips a test where processes cannot get a signal.</summary>
    public static void Require(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signal to send to a single process.");
        Skip.If(
            OperatingSystem.IsLinux() && IsIgnored(signal),
            $"SIG{signal} is ignored here, as in a background job of a shell or below nohup.");
    }

    /// <summary>Sends a signal.</summary>
    public static void Send(Process process, string signal)
    {
        using Process kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>What is ignored here is ignored by the processes that are started from here.</summary>
    private static bool IsIgnored(string signal)
    {
        int number = signal switch
        {
            HangUp => 1,
            Interrupt => 2,
            Terminate => 15,
            _
            => throw new ArgumentOutOfRangeException(nameof(signal))
        };
        string mask = File.ReadLines("/proc/self/status")
            .Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..];
        return (ulong.Parse(mask.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            & 1UL << (number - 1)) != 0;
    }
}
