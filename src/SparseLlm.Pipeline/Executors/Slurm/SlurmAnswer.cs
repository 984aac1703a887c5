using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>How one of Slurm's commands has ended.</summary>
/// <param name="ExitCode">0 where all went well.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Errors">What it complained of.</param>
internal sealed record SlurmAnswer(int ExitCode, string Output, string Errors)
{
    /// <summary>Whether it did what it was asked for.</summary>
    public bool IsDone => ExitCode == 0;

    /// <summary>What it complained of, on one line.</summary>
    public string Complaint => string.Join(
        "; ",
        Errors.Split('\n').Select(line => Printable.Of(line.Trim())).Where(line => line.Length > 0).Take(5));
}
