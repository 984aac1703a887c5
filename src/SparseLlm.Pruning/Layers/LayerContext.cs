using System.Runtime.InteropServices;
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
/// <param name="Layer">The layer's place.</param>
/// <param name="Cancellation">Stops between chunks and matrices.</param>
internal sealed record LayerContext(
    IBackend Backend,
    SparsityPlan Plan,
    PruningSettings Settings,
    FitDevices Devices,
    TokenChunks Chunks,
    LayerRecorder Recorder,
    int Layer,
    CancellationToken Cancellation)
{
    /// <summary>Whether matrices keep the zeros that they have.</summary>
    public bool KeepsMasks { get; init; }

    /// <summary>The subproblems of linear layers that share an input.</summary>
    /// <param name="linears">The layers; those that stay dense have no subproblem.</param>
    /// <param name="hasTargets">Whether targets of their own will be added with the inputs.</param>
    /// <param name="shared">What earlier prunes with the same inputs have left.</param>
    public FitGroup Group(IReadOnlyList<Linear> linears, bool hasTargets, SharedInputs? shared = null)
    {
        LinearFit?[] fits = [.. linears.Select(linear =>
            Plan.PatternFor(linear.Definition, Settings.Quantization is not null) is { } pattern
                ? new LinearFit(Backend, linear, pattern, hasTargets, Settings.BiasRefit && hasTargets)
                : null)];
        return new FitGroup(Backend, linears[0].Definition.Inputs, fits, shared);
    }

    /// <summary>Goes through every chunk of this process that fits may see.</summary>
    public void ForEachChunk(Action<int> action)
    {
        for (int section = 0; section < Chunks.Sections; section++)
        {
            ForEachChunk(section, action);
        }
    }

    /// <summary>Goes through every chunk of this process that fits may see, and sums up over those of all.</summary>
    /// <param name="name">Names the sums within the layer.</param>
    /// <param name="group">Subproblems that are added to.</param>
    /// <param name="others">Other sums that are added to.</param>
    /// <param name="action">Adds a chunk.</param>
    public void Sum(string name, FitGroup group, IEnumerable<SectionedSum> others, Action<int> action)
    {
        SectionedSum[] sums = group.IsEmpty ? [.. others] : [.. group.Sums, .. others];
        for (int section = 0; section < Chunks.Sections; section++)
        {
            ForEachChunk(section, action);
            if (Chunks.Share is null)
            {
                Array.ForEach(sums, sum => sum.Close());
            }
            else if (Chunks.Share.Takes(section))
            {
                Chunks.Share.Publish(
                    new PartialSum(Layer, name, section),
                    stream => Array.ForEach(sums, sum => sum.Write(stream)));
            }
        }

        Collect(name, stream => Array.ForEach(sums, sum => sum.Read(stream)));
        group.Complete(group.IsEmpty ? 0 : Chunks.FittedTokens);
    }

    /// <summary>What is found out about each chunk, in their order: here, or by the process that has it.</summary>
    /// <typeparam name="T">What is found out.</typeparam>
    /// <param name="name">Names it within the layer.</param>
    /// <param name="measure">Finds it out.</param>
    public IReadOnlyList<T> ForAllChunks<T>(string name, Func<int, T> measure)
        where T : unmanaged
    {
        var measured = new T[Chunks.Count];
        for (int section = 0; section < Chunks.Sections; section++)
        {
            ForEachChunk(section, chunk => measured[chunk] = measure(chunk));
            if (Chunks.Share?.Takes(section) == true)
            {
                int[] chunks = [.. Chunks.OfSection(section)];
                Chunks.Share.Publish(
                    new PartialSum(Layer, name, section),
                    stream => stream.Write(MemoryMarshal.AsBytes(measured.AsSpan(chunks[0], chunks.Length))));
            }
        }

        int next = 0;
        Collect(name, stream =>
        {
            int[] chunks = [.. Chunks.OfSection(next++)];
            stream.ReadExactly(MemoryMarshal.AsBytes(measured.AsSpan(chunks[0], chunks.Length)));
        });
        for (int chunk = Chunks.FittedCount; chunk < Chunks.Count; chunk++)
        {
            measured[chunk] = measure(chunk);
        }

        return measured;
    }

    private void ForEachChunk(int section, Action<int> action)
    {
        foreach (int chunk in Chunks.OfSection(section).Where(Chunks.IsHere))
        {
            Cancellation.ThrowIfCancellationRequested();
            action(chunk);
        }
    }

    /// <summary>Reads what all processes have published, section by section; nothing where there is but one.</summary>
    private void Collect(string name, Action<Stream> read)
    {
        for (int section = 0; Chunks.Share is { } share && section < Chunks.Sections; section++)
        {
            share.Collect(new PartialSum(Layer, name, section), read, Cancellation);
        }
    }
}
