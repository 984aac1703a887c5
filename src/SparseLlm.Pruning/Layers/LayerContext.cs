using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Fitting;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Layers;

/// <summary>What every step of a decoder layer's prune works with.</summary>
/// <param name="Backend">Where everything lives.</param>
/// <param name="Plan">How sparse each matrix becomes.</param>
/// <param name="Settings">The method.</param>
/// <param name="Devices">Where matrices are solved.</param>
/// <param name="Chunks">How the calibration windows are grouped.</param>
/// <param name="Recorder">Takes down what has changed.</param>
/// <param name="Cancellation">Stops between chunks and matrices.</param>
internal sealed record LayerContext(
    IBackend Backend,
    SparsityPlan Plan,
    PruningSettings Settings,
    FitDevices Devices,
    TokenChunks Chunks,
    LayerRecorder Recorder,
    CancellationToken Cancellation)
{
    /// <summary>The subproblems of linear layers that share an input.</summary>
    /// <param name="linears">The layers; those that stay dense have no subproblem.</param>
    /// <param name="hasTargets">Whether targets of their own will be added with the inputs.</param>
    /// <param name="shared">What earlier prunes with the same inputs have left.</param>
    public FitGroup Group(IReadOnlyList<Linear> linears, bool hasTargets, SharedInputs? shared = null)
    {
        LinearFit?[] fits = [.. linears.Select(linear => Plan.PatternFor(linear.Definition) is { } pattern
            ? new LinearFit(Backend, linear, pattern, hasTargets, Settings.BiasRefit && hasTargets)
            : null)];
        return new FitGroup(Backend, linears[0].Definition.Inputs, fits, shared);
    }

    /// <summary>Goes through every chunk that fits may see.</summary>
    public void ForEachChunk(Action<int> action)
    {
        for (int chunk = 0; chunk < Chunks.FittedCount; chunk++)
        {
            Cancellation.ThrowIfCancellationRequested();
            action(chunk);
        }
    }
}
