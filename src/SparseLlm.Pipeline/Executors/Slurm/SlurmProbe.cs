using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Units;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>One job that shows whether a node has what units need: the tool, the model, the cache.</summary>
/// <param name="folder">The folder of the run.</param>
/// <param name="queue">Its jobs.</param>
/// <param name="expected">A unit, whose key the node must compute as well.</param>
internal sealed class SlurmProbe(RunFolder folder, SlurmQueue queue, UnitOfWork expected)
{
    /// <summary>Runs the job and waits for it.</summary>
    /// <exception cref="DiagnosticException">The node does not do.</exception>
    public void Run(CancellationToken cancellation)
    {
        string status = folder.Status(RunFolder.Probe);
        string log = Path.Combine(folder.Path, "probe.log");
        File.Delete(status);
        SlurmAnswer answer = queue.Wait(folder.Script, log, ["check"], cancellation);
        UnitStatus? found = UnitStatus.TryRead(status);
        if (found is { State: UnitState.Done } && found.Key == expected.Key)
        {
            return;
        }

        bool saysWhy = found is { Failures.Count: > 0 };
        string problem =
            found is { State: UnitState.Done } ? $"{Printable.Of(found.Host)} computes another key than this machine "
                + $"for '{expected.Name}': it has other files or another engine; give both the same"
            : found is { Failures: [var first, ..] } ? $"{Printable.Of(found.Host)} says {Printable.Of(first.Code)}: "
                + Printable.Of(first.Message).TrimEnd('.')
            : answer.Complaint.Length > 0 ? $"sbatch says: {answer.Complaint}"
            : "the node has written nothing into the run's folder: does it see the same file system, and the tool?";
        throw PipelineDiagnostics.NodeUnfit.Error(
            new SourceLocation(log),
            saysWhy ? problem : problem + LogTail.Of(log));
    }
}
