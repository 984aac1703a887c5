using System.Diagnostics;
using System.Globalization;

namespace SparseLlm.Tests;

/// <summary>Ctrl+C for another process.</summary>
internal static class Interrupts
{
    /// <summary>Skips a test where processes cannot be interrupted.</summary>
    public static void Require()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signal to send to a single process.");
        Skip.If(OperatingSystem.IsLinux() && IsIgnored(), "SIGINT is ignored here, as in a background job of a shell.");
    }

    /// <summary>Sends SIGINT.</summary>
    public static void Send(Process process)
    {
        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static bool IsIgnored()
    {
        string mask = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..];
        return (ulong.Parse(mask.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0b10) != 0;
    }
}
