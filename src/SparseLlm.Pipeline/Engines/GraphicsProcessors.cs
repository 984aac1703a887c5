using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Engines;

/// <summary>The Nvidia GPUs of this machine, as the driver tells.</summary>
/// <param name="Driver">The driver's version; null where there is no driver.</param>
/// <param name="Cuda">The newest version of CUDA that the driver can run, if it says.</param>
/// <param name="Processors">The GPUs.</param>
internal sealed partial record GraphicsProcessors(
    string? Driver,
    string? Cuda,
    IReadOnlyList<GraphicsProcessor> Processors)
{
    private const string Program = "nvidia-smi";
    private const string KernelModule = "/proc/driver/nvidia/version";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Whether there is one, without asking for particulars where the system tells by itself.</summary>
    public static bool ArePresent() =>
        (Directory.Exists("/dev")
            && Directory.EnumerateFiles("/dev", "nvidia*").Any(path => char.IsAsciiDigit(path[^1])))
        || Run("--list-gpus") is { Length: > 0 };

    /// <summary>Asks the driver.</summary>
    public static GraphicsProcessors Find()
    {
        string[][] rows = [.. (Run("--query-gpu=driver_version,memory.total,name", "--format=csv,noheader,nounits")
            ?? "")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(", ", 3))
            .Where(row => row.Length == 3)];
        return new GraphicsProcessors(
            rows.FirstOrDefault()?[0] ?? KernelDriver(),
            rows.Length > 0 && CudaVersion().Match(Run() ?? "") is { Success: true } cuda ? cuda.Groups[1].Value : null,
            [.. rows.Select(row => new GraphicsProcessor(
                row[2],
                long.TryParse(row[1], CultureInfo.InvariantCulture, out long mebibytes) ? mebibytes << 20 : null))]);
    }

    private static string? KernelDriver() =>
        File.Exists(KernelModule) && DriverVersion().Match(File.ReadAllText(KernelModule)) is { Success: true } version
            ? version.Value
            : null;

    /// <summary>What the driver's program prints; null where there is none, or it fails.</summary>
    private static string? Run(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(Program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                CreateNoWindow = true
            })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                // A driver that hangs is not one to compute with.
                process.Kill();
                return null;
            }

            return process.ExitCode == 0 ? output.Result : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"CUDA Version:\s*([0-9.]+)")]
    private static partial Regex CudaVersion();

    [GeneratedRegex(@"[0-9]{3,}\.[0-9.]+")]
    private static partial Regex DriverVersion();
}

/// <summary>A GPU.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Memory">Bytes of memory, if the driver tells.</param>
internal sealed record GraphicsProcessor(string Name, long? Memory);
