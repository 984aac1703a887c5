using System.ComponentModel;
using System.Diagnostics;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>Runs one of Slurm's own commands, which are looked for where PATH leads.</summary>
internal static class SlurmCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a command to its end.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellation">Stops waiting, and the command.</param>
    /// <param name="waits">Whether it waits for a job, which may take any time.</param>
    /// <exception cref="DiagnosticException">There is no such command.</exception>
    public static SlurmAnswer Run(
        string name,
        IEnumerable<string> arguments,
        CancellationToken cancellation,
        bool waits = false)
    {
        var start = new ProcessStartInfo(name, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };

        // Their tables are read, so they must look the same for everybody.
        foreach (string variable in start.Environment.Keys.Where(IsFormat).ToArray())
        {
            start.Environment.Remove(variable);
        }

        using Process process = Start(start, name);
        process.StandardInput.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(waits ? Timeout.InfiniteTimeSpan : Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            process.WaitForExitAsync(patience.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            return new SlurmAnswer(-1, "", FormattableString.Invariant(
                $"{name} has not answered within {Patience.TotalMinutes:0} minutes"));
        }

        return new SlurmAnswer(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    private static bool IsFormat(string variable) => variable.StartsWith("SQUEUE_", StringComparison.Ordinal);

    private static Process Start(ProcessStartInfo start, string name)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw PipelineDiagnostics.SlurmMissing.Error(
                null,
                $"'{name}' cannot be started ({exception.Message.TrimEnd('.')}); run this where Slurm's commands are, "
                + "such as on the cluster's login node, or compute here with '--executor local'");
        }
    }
}
