using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Methods.Guarding;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Tuning;

/// <summary>
/// Tunes what is left of a pruned decoder layer, all matrices together: surviving weights, biases and norms, towards the dense layer's
/// outputs; behind the last layer, also towards the dense model's predictions. Gradients never leave the layer. Matrices that
/// the plan keeps dense stay as they are. Where windows are held back, tuning is kept only if the loss on them falls.
/// </summary>
/// <param name="backend">Where everything lives.</param>
/// <param name="settings">How long and how fast.</param>
/// <param name="plan">Which matrices are pruned.</param>
/// <param name="chunks">How the calibration windows are grouped.</param>
/// <param name="loadHead">Loads the dense model's head behind the last layer, else null; its norm is changed in place.</param>
/// <param name="recorder">Takes down what has changed.</param>
/// <param name="cancellation">Stops between mini-batches.</param>
internal sealed class BlockTuning(
    IBackend backend,
    PruningSettings settings,
    SparsityPlan plan,
    TokenChunks chunks,
    Func<LanguageModelHead>? loadHead,
    LayerRecorder recorder,
    CancellationToken cancellation) : IDisposable
{
    /// <summary>Distillation starts close to its end, and takes smaller steps.</summary>
    private const double DistillationRate = 0.5;

    private readonly WindowBatches batches = new(backend, chunks);
    private readonly HeldBackLoss heldBack = new(backend, chunks);

    // Its norm is the recorder's until the layer's result has been taken down.
    private LanguageModelHead? head;

    /// <summary>Tunes a pruned layer in place.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Its inputs in the pruned model.</param>
    /// <param name="targets">The dense layer's outputs.</param>
    public void Tune(DecoderLayer layer, ActivationStream inputs, ActivationStream targets)
    {
        if (!layer.Linears.Any(IsTuned))
        {
            return;
        }

        bool kept = false;
        if (settings.TuningEpochs > 0)
        {
            using var loss = new ReconstructionLoss(backend, targets);
            kept |= Try("tuning", layer, loss, inputs, targets, settings.TuningEpochs, settings.TuningRate);
        }

        if (settings.DistillationEpochs > 0 && loadHead is not null)
        {
            head = loadHead();
            using ActivationStream normalized = Normalize(head.Norm, targets);
            using var loss = new DistillationLoss(backend, head);
            kept |= Try("distillation", layer, loss, inputs, normalized, settings.DistillationEpochs, settings.TuningRate * DistillationRate);
        }

        if (kept)
        {
            Record(layer);
        }
    }

    private bool IsTuned(Linear linear) => plan.PatternFor(linear.Definition) is not null;

    /// <summary>Trains, and goes back to where it began if that does not help on held-back windows.</summary>
    /// <returns>Whether the layer has changed.</returns>
    private bool Try(
        string name, DecoderLayer layer, ITuningLoss loss, ActivationStream inputs, ActivationStream targets, int epochs, double rate)
    {
        if (!heldBack.IsKnown)
        {
            Train(layer, loss, inputs, targets, epochs, rate);
            return true;
        }

        Matrix<float>?[] headNorm = [head?.Norm?.Gain, head?.Norm?.Bias];
        using var untuned = new ParameterSnapshot(
            chunks.Store, [.. layer.Parameters.Select(parameter => parameter.Values), .. headNorm.OfType<Matrix<float>>()]);
        double before = heldBack.Of(layer, loss, inputs, targets);
        Train(layer, loss, inputs, targets, epochs, rate);
        double after = heldBack.Of(layer, loss, inputs, targets);
        recorder.AddGuard(name, before, after);
        if (after < before)
        {
            return true;
        }

        untuned.Restore();
        recorder.AddFallback(FormattableString.Invariant(
            $"decoder layer {layer.Definition.Index}: {name} did not lower the loss on held-back calibration windows ({before:0.####} before, {after:0.####} after) and was undone; more calibration data may help"));
        return false;
    }

    private void Train(
        DecoderLayer layer, ITuningLoss loss, ActivationStream inputs, ActivationStream targets, int epochs, double rate)
    {
        using var gradient = new LayerGradient(backend, layer, chunks.SequenceLength, IsTuned);
        new LayerTraining(backend, gradient, loss, batches).Run(inputs, targets, epochs, rate, cancellation);
    }

    private void Record(DecoderLayer layer)
    {
        foreach (Linear linear in layer.Linears.Where(IsTuned))
        {
            recorder.Update(linear);
        }

        recorder.Add(layer.AttentionNorm);
        recorder.Add(layer.FeedForwardNorm);
        if (head?.Norm is not null)
        {
            recorder.Add(head.Norm);
        }
    }

    /// <summary>The targets behind the dense model's final norm.</summary>
    private ActivationStream Normalize(Norm? norm, ActivationStream targets)
    {
        ActivationStream normalized = chunks.Stream();
        for (int chunk = 0; chunk < targets.Count; chunk++)
        {
            using Matrix<float> values = targets.Read(chunk);
            normalized.Put(chunk, norm?.Apply(values) ?? Copy(values));
        }

        return normalized;
    }

    private Matrix<float> Copy(Matrix<float> values)
    {
        Matrix<float> copy = backend.AllocateUninitialized<float>(values.Rows, values.Columns);
        backend.Copy(values, copy);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose() => head?.Dispose();
}
