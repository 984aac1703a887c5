using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Fitting;

/// <summary>
/// Where matrices are solved: on the device that has the layer, or on several, those that do not depend on each other
/// at the same time. Each is then solved from copies of its problem, in the steps that one device takes, so that bits
/// do not depend on how many there are.
/// </summary>
/// <param name="settings">The method.</param>
/// <param name="backend">The device that has the layer.</param>
/// <param name="others">Others, which compute the same bits.</param>
/// <param name="keepsMasks">Whether matrices keep the zeros that they have.</param>
internal sealed class FitDevices(PruningSettings settings, IBackend backend, IReadOnlyList<IBackend> others,
    bool keepsMasks = false)
{
    private readonly IBackend[] backends = [backend, .. others];
    private readonly FitSettings[] fitting = [FitSettings.Of(settings, backend, keepsMasks), .. others.Select(
        other => FitSettings.Of(settings, other, keepsMasks))];

    /// <summary>How many there are.</summary>
    public int Count => backends.Length;

    /// <summary>How the device that has the layer solves.</summary>
    public FitSettings Fitting => fitting[0];

    /// <summary>Solves groups that do not depend on each other, and reports in their order.</summary>
    /// <param name="jobs">The groups.</param>
    /// <param name="pruned">Told of each solved layer and its relative error.</param>
    /// <param name="reportFallback">Told of numerical fallbacks.</param>
    /// <param name="plainly">Given what SparseGPT alone makes of each layer; null where nobody wants to know.</param>
    public void Solve(
        IReadOnlyList<FitJob> jobs,
        Action<LinearFit, double> pruned,
        Action<string> reportFallback,
        Action<Linear, PlainSolution>? plainly = null)
    {
        if (TrySolveApart(jobs, pruned, plainly))
        {
            return;
        }

        foreach (FitJob job in jobs)
        {
            job.Group.Solve(
                Fitting,
                job.Importance,
                pruned,
                reportFallback,
                plainly is null ? null : (fit, solution) => plainly(fit.Linear, solution));
        }
    }

    /// <summary>
    /// Solves on several devices. Not where there is nothing to share out; and where a matrix is in numerical trouble
    /// all is left as it was: what is done about that lasts for the matrices behind it.
    /// </summary>
    private bool TrySolveApart(
        IReadOnlyList<FitJob> jobs,
        Action<LinearFit, double> pruned,
        Action<Linear, PlainSolution>? plainly)
    {
        List<FitPart> parts = [];
        try
        {
            foreach ((int device, FitJob job, IReadOnlyList<int> places) in Share(jobs))
            {
                parts.Add(new FitPart(backends[device], fitting[device], job, places, plainly is not null));
            }

            if (parts.Count == 0 || !Run(parts))
            {
                return false;
            }

            foreach (FitJob job in jobs)
            {
                foreach (int place in job.Group.Places)
                {
                    parts.Single(part => part.Solves(job, place)).Give(place, pruned, plainly);
                }
            }

            return true;
        }
        finally
        {
            parts.ForEach(part => part.Dispose());
        }
    }

    /// <summary>Solves each device's parts on a thread of its own.</summary>
    private static bool Run(List<FitPart> parts)
    {
        Task[] threads = [.. parts.GroupBy(part => part.Backend).Select(own => Task.Factory.StartNew(
            () => own.All(part => part.TrySolve()),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WhenAll(threads).GetAwaiter().GetResult();
        return parts.All(part => part.IsSolved);
    }

    /// <summary>
    /// Shares out groups as wholes, or the layers of the only one, the largest first, each to the device that has least
    /// to do by then; nothing where all would come to one device.
    /// </summary>
    internal List<(int Device, FitJob Job, IReadOnlyList<int> Places)> Share(IReadOnlyList<FitJob> jobs)
    {
        FitJob[] full = [.. jobs.Where(job => !job.Group.IsEmpty)];
        (FitJob Job, int[] Places)[] pieces = full is [var only]
            ? [.. only.Group.Places.Select(place => (only, (int[])[place]))]
            : [.. full.Select(job => (job, job.Group.Places.ToArray()))];
        var load = new long[Math.Min(backends.Length, pieces.Length)];
        if (load.Length < 2)
        {
            return [];
        }

        var shared = new List<(int Device, FitJob Job, int[] Places)>();
        foreach ((FitJob job, int[] places) in pieces.OrderByDescending(piece => Work(piece.Job, piece.Places)))
        {
            int device = Array.IndexOf(load, load.Min());
            load[device] += Work(job, places);
            shared.Add((device, job, places));
        }

        return
        [
            .. shared.GroupBy(piece => (piece.Device, piece.Job)).Select(
                own => (own.Key.Device, own.Key.Job, (IReadOnlyList<int>)[.. own.SelectMany(piece => piece.Places)])),
        ];
    }

    private static long Work(FitJob job, int[] places) => places.Sum(place => job.Group[place].Linear.Weight.Length);
}
