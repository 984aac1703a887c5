using SparseLlm.Diagnostics;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Fitting;

/// <summary>What one device solves of a group, from a copy.</summary>
internal sealed class FitPart : IDisposable
{
    private readonly FitSettings fitting;
    private readonly FitJob job;
    private readonly IReadOnlyList<int> places;
    private readonly bool isSolvedPlainly;
    private readonly FitGroup copy;
    private readonly Dictionary<LinearFit, double> errors = [];
    private readonly Dictionary<LinearFit, PlainSolution> plain = [];

    /// <summary>Copies a part of a group.</summary>
    /// <param name="backend">Where to.</param>
    /// <param name="fitting">How the device solves.</param>
    /// <param name="job">The group.</param>
    /// <param name="places">The part.</param>
    /// <param name="isSolvedPlainly">Whether it is solved by SparseGPT too.</param>
    public FitPart(IBackend backend, FitSettings fitting, FitJob job, IReadOnlyList<int> places, bool isSolvedPlainly)
    {
        (Backend, this.fitting, this.job, this.places) = (backend, fitting, job, places);
        this.isSolvedPlainly = isSolvedPlainly;
        copy = job.Group.CopyTo(backend, [.. places]);
    }

    /// <summary>The device.</summary>
    public IBackend Backend { get; }

    /// <summary>Whether all of it is solved, without any trouble.</summary>
    public bool IsSolved { get; private set; }

    /// <summary>Whether a layer is in it.</summary>
    public bool Solves(FitJob of, int place) => of == job && places.Contains(place);

    /// <summary>Solves it.</summary>
    /// <returns>Whether that went without numerical trouble.</returns>
    public bool TrySolve()
    {
        bool isInTrouble = false;
        try
        {
            copy.Solve(
                fitting,
                job.Importance,
                errors.Add,
                _ => isInTrouble = true,
                isSolvedPlainly ? plain.Add : null);
        }
        catch (DiagnosticException)
        {
            // One device finds it again, and says so.
            isInTrouble = true;
        }

        return IsSolved = !isInTrouble;
    }

    /// <summary>Puts a solution where the layer is, and reports it.</summary>
    public void Give(int place, Action<LinearFit, double> pruned, Action<Linear, PlainSolution>? plainly)
    {
        (LinearFit solved, LinearFit fit) = (copy[place], job.Group[place]);
        if (plain.Remove(solved, out PlainSolution? solution))
        {
            plainly!(fit.Linear, solution);
        }

        fit.Take(solved);
        pruned(fit, errors[solved]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PlainSolution solution in plain.Values)
        {
            solution.Dispose();
        }

        foreach (int place in places)
        {
            copy[place].Linear.Dispose();
        }

        copy.Dispose();
    }
}
