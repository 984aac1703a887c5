using System.Globalization;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Executors.Slurm;

/// <summary>The jobs of a run in Slurm. They are found by their name, so nothing has to be remembered of them; and it
/// is Slurm's controller that is asked, which needs no accounting database.</summary>
/// <param name="run">Names the run.</param>
/// <param name="options">What is asked of Slurm.</param>
internal sealed class SlurmQueue(string run, SlurmOptions options)
{
    /// <summary>Clusters refuse larger arrays unless they are configured otherwise.</summary>
    public const int ArrayLength = 1000;

    private const string Prefix = "sparsellm-";

    /// <summary>Submits units.</summary>
    /// <param name="script">The script that starts a unit; it is told which part of the units its array is for.</param>
    /// <param name="logs">The folder for what units print.</param>
    /// <param name="units">Which units, by their numbers.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The number of the job by unit.</returns>
    /// <exception cref="DiagnosticException">Slurm refuses.</exception>
    public IReadOnlyDictionary<int, long> Submit(
        string script,
        string logs,
        IReadOnlyCollection<int> units,
        CancellationToken cancellation)
    {
        var jobs = new Dictionary<int, long>();
        foreach (IGrouping<int, int> array in units.GroupBy(unit => unit / ArrayLength))
        {
            string indices = string.Join(
                ',',
                array.Select(unit => (unit % ArrayLength).ToString(CultureInfo.InvariantCulture)));
            string[] arguments =
            [
                "--parsable",
                $"--job-name={NameOf(array.Key)}",
                $"--array={indices}{(options.MaximumParallel is null ? "" : string.Create(
                    CultureInfo.InvariantCulture,
                    $"%{options.MaximumParallel}"))}",
                $"--output={Path.Combine(logs, "%A_%a.log")}",
                "--open-mode=append",
                .. Asked(),
                .. options.WorkersPerUnit == 1
                    ? (string[])[]
                    : [string.Create(CultureInfo.InvariantCulture, $"--ntasks={options.WorkersPerUnit}")],
                script,
                array.Key.ToString(CultureInfo.InvariantCulture),
            ];
            SlurmAnswer answer = SlurmCommand.Run("sbatch", arguments, cancellation);
            if (!answer.IsDone || !long.TryParse(
                answer.Output.Trim().Split(';')[0],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out long job))
            {
                throw PipelineDiagnostics.SlurmRefused.Error(
                    null,
                    $"sbatch refuses the jobs: {answer.Complaint.TrimEnd('.')}; change 'executor.slurm' in the recipe");
            }

            foreach (int unit in array)
            {
                jobs[unit] = job;
            }
        }

        return jobs;
    }

    /// <summary>What Slurm knows of the run's jobs, by unit; the last where there are several. Null where its
    /// controller does not answer.</summary>
    /// <param name="units">How many units there are.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public IReadOnlyDictionary<int, ArrayTask>? Tasks(int units, CancellationToken cancellation)
    {
        string[] names = Names(units);
        SlurmAnswer answer = SlurmCommand.Run(
            "squeue",
            [
                "--noheader",
                "--array",
                "--states=all",
                $"--name={string.Join(',', names)}",
                $"--format={ArrayTask.Format}",
            ],
            cancellation);
        return !answer.IsDone
            ? null
            : answer.Output.Split('\n').Select(ArrayTask.Parse).OfType<ArrayTask>()
                .Where(task => names.Contains(task.Name))
                .GroupBy(task => (Array.IndexOf(names, task.Name) * ArrayLength) + task.Index)
                .ToDictionary(tasks => tasks.Key, tasks => tasks.MaxBy(task => task.Job)!);
    }

    /// <summary>Runs a script as one job that gets what a unit gets, and waits for its end.</summary>
    /// <param name="script">The script.</param>
    /// <param name="log">For what it prints.</param>
    /// <param name="arguments">For the script.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public SlurmAnswer Wait(string script, string log, IEnumerable<string> arguments, CancellationToken cancellation) =>
        SlurmCommand.Run(
            "sbatch",
            [
                "--wait", "--parsable", $"--job-name={Prefix}{run}-probe", $"--output={log}", .. Asked(), script,
                .. arguments,
            ],
            cancellation,
            waits: true);

    /// <summary>Cancels every job of the run.</summary>
    /// <param name="units">How many units there are.</param>
    public void Cancel(int units)
    {
        // It minds the last name only where it is given several.
        foreach (string name in Names(units))
        {
            SlurmCommand.Run("scancel", [$"--name={name}"], CancellationToken.None);
        }
    }

    /// <summary>The command line that does so.</summary>
    /// <param name="units">How many units there are.</param>
    public string CancelLine(int units)
        => string.Join(" && ", Names(units).Select(name => $"scancel --name={name}"));

    /// <summary>Which of many runs still have jobs, of whatever user; null where Slurm cannot be asked.</summary>
    /// <param name="runs">Their names.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static IReadOnlySet<string>? Active(IReadOnlyCollection<string> runs, CancellationToken cancellation)
    {
        try
        {
            SlurmAnswer answer = SlurmCommand.Run("squeue", ["--noheader", "--format=%j"], cancellation);
            return answer.IsDone
                ? answer.Output.Split('\n').Select(name => name.Trim())
                    .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                    .Select(name => name[Prefix.Length..].Split('-')[0])
                    .Intersect(runs)
                    .ToHashSet()
                : null;
        }
        catch (DiagnosticException)
        {
            return null;
        }
    }

    private string[] Names(int units) => [.. Enumerable.Range(0, ((units - 1) / ArrayLength) + 1).Select(NameOf)];

    private string NameOf(int array) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{run}-{array}");

    private IEnumerable<string> Asked() =>
    [
        .. options.Choice.Partition is { } partition ? [$"--partition={partition}"] : (string[])[],
        .. options.Choice.Time is { } time ? [$"--time={time}"] : (string[])[],
        .. options.Choice.Gres is { } gres ? [$"--gres={gres}"] : (string[])[],
        .. options.Choice.Memory is { } memory ? [$"--mem={memory}"] : (string[])[],
        .. options.Choice.Cpus is { } cpus ? [string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={cpus}")]
            : (string[])[],
        .. options.Choice.Extra,
    ];
}
