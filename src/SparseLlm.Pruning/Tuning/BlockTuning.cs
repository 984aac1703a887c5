using System.Globalization;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Losses;

namespace SparseLlm.Pruning.Tuning;

/// <summary>
/// Tunes what is left of a pruned decoder layer, all matrices together: surviving weights, biases and norms, towards
/// the dense layer's outputs; behind the last layer, also towards the dense model's predictions. Gradients never leave
/// the layer. Matrices that the plan keeps dense stay as they are. Where windows are held back, tuning is kept only if
/// the loss on them falls. A layer that is quantised is tuned again, with codes and scales.
/// </summary>
/// <param name="context">What the layer's prune works with.</param>
/// <param name="loadHead">Loads the head behind the last layer, else null; its norm is changed in place.</param>
/// <param name="loadDenseHead">Loads the dense model's head, where that has other tables; else null.</param>
internal sealed class BlockTuning(
    LayerContext context, Func<LanguageModelHead>? loadHead, Func<LanguageModelHead>? loadDenseHead = null)
    : IDisposable
{
    /// <summary>Distillation starts close to its end, and takes smaller steps.</summary>
    private const double DistillationRate = 0.5;

    // By how many codes latent weights move where other parameters move by one. A code that flips is noise to the
    // layers behind, of which the last one has none.
    private const double TuningCodeRate = 2;
    private const double DistillationCodeRate = 30;

    private readonly WindowBatches batches = new(context.Backend, context.Chunks);
    private readonly HeldBackLoss heldBack = new(context.Backend, context.Chunks);
    private readonly TrainedWeights weights = new(context.Backend, context.Plan, context.Settings);

    // Its norm is the recorder's until the layer's result has been taken down.
    private LanguageModelHead? head;
    private ActivationStream? normalizedTargets;

    /// <summary>Tunes a pruned layer in place.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Its inputs in the pruned model.</param>
    /// <param name="targets">The dense layer's outputs.</param>
    /// <param name="hasCodes">Whether its matrices are quantised and stay it.</param>
    public void Tune(DecoderLayer layer, ActivationStream inputs, ActivationStream targets, bool hasCodes)
    {
        if (!layer.Linears.Any(weights.Has))
        {
            return;
        }

        bool kept = false;
        if (context.Settings.TuningEpochs > 0)
        {
            using ReconstructionLoss loss = ReconstructionLoss.Of(context, targets);
            kept |= Try(
                hasCodes ? "tuning with codes" : "tuning",
                layer,
                loss,
                inputs,
                targets,
                context.Settings.TuningEpochs,
                context.Settings.TuningRate,
                linear => weights.Of(linear, hasCodes, TuningCodeRate));
        }

        if (context.Settings.DistillationEpochs > 0 && loadHead is not null)
        {
            head ??= loadHead();
            normalizedTargets ??= Normalize(head.Norm, targets);
            using LanguageModelHead? denseHead = loadDenseHead?.Invoke();
            using var loss = new DistillationLoss(context.Backend, head, denseHead);
            kept |= Try(
                hasCodes ? "distillation with codes" : "distillation",
                layer,
                loss,
                inputs,
                normalizedTargets,
                context.Settings.DistillationEpochs,
                context.Settings.TuningRate * DistillationRate,
                linear => weights.Of(linear, hasCodes, DistillationCodeRate));
        }

        if (kept)
        {
            Record(layer);
        }
    }

    /// <summary>Trains, and goes back to where it began if that does not help on held-back windows.</summary>
    /// <returns>Whether the layer has changed.</returns>
    private bool Try(
        string name, DecoderLayer layer, ITuningLoss loss, ActivationStream inputs, ActivationStream targets,
        int epochs, double rate, Func<Linear, Parameter?> weightOf)
    {
        if (!heldBack.IsKnown)
        {
            Train(layer, loss, inputs, targets, epochs, rate, weightOf);
            return true;
        }

        Matrix<float>?[] headNorm = [head?.Norm?.Gain, head?.Norm?.Bias];
        using var untuned = new ParameterSnapshot(
            context.Chunks.Store, [.. layer.Parameters.Select(parameter => parameter.Values), .. headNorm
                .OfType<Matrix<float>>()]);
        double before = heldBack.Of(layer, loss, inputs, targets);
        Train(layer, loss, inputs, targets, epochs, rate, weightOf);
        double after = heldBack.Of(layer, loss, inputs, targets);
        context.Recorder.AddGuard(name, before, after);
        if (after < before)
        {
            return true;
        }

        untuned.Restore();
        context.Recorder.AddFallback(string.Create(CultureInfo.InvariantCulture,
            $"decoder layer {layer.Definition.Index}: {name} did not lower the loss on held-back calibration windows "
            + $"({before:G6} before, {after:G6} after) and was undone; more calibration data may help"));
        return false;
    }

    private void Train(
        DecoderLayer layer, ITuningLoss loss, ActivationStream inputs, ActivationStream targets, int epochs,
        double rate, Func<Linear, Parameter?> weightOf)
    {
        using var gradient = new LayerGradient(context.Backend, layer, context.Chunks.SequenceLength, weightOf);
        new LayerTraining(context.Backend, gradient, loss, batches).Run(
            inputs,
            targets,
            epochs,
            rate,
            context.Cancellation);
    }

    private void Record(DecoderLayer layer)
    {
        foreach (Linear linear in layer.Linears.Where(weights.Has))
        {
            context.Recorder.Update(linear);
        }

        foreach (Norm norm in layer.Norms)
        {
            context.Recorder.Add(norm);
        }

        if (head?.Norm is not null)
        {
            context.Recorder.Add(head.Norm);
        }
    }

    /// <summary>The targets behind the dense model's final norm.</summary>
    private ActivationStream Normalize(Norm? norm, ActivationStream targets)
    {
        ActivationStream normalized = context.Chunks.Stream();
        for (int chunk = 0; chunk < targets.Count; chunk++)
        {
            using Matrix<float> values = targets.Read(chunk);
            normalized.Put(chunk, norm?.Apply(values) ?? context.Backend.CopyOf(values));
        }

        return normalized;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        normalizedTargets?.Dispose();
        head?.Dispose();
    }
}
