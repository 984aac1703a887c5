using SparseLlm.Numerics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Solvers;

/// <summary>The inner solver of each method.</summary>
internal static class SolverFactory
{
    /// <summary>The solver that the settings ask for.</summary>
    public static ISolver Create(IBackend backend, PruningSettings settings) =>
        settings.Solver switch
        {
            PruningMethod.Magnitude => new MagnitudeSolver(backend),
            PruningMethod.Wanda => new WandaSolver(backend, settings.Comparison),
            PruningMethod.Ria => new RiaSolver(backend),
            PruningMethod.SparseGpt => new SparseGptSolver(backend, settings.BlockSize),
            PruningMethod.Admm => new AdmmSolver(backend),
            PruningMethod.Alps => new AlpsSolver(backend),
            var method => throw new ArgumentException($"{method} is not a solver", nameof(settings)),
        };
}
