using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Losses;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pruning.Tuning.Global;

/// <summary>
/// Tunes all layers of a pruned model together: surviving weights, biases and norms, towards the dense model's
/// predictions, by Adam on KL(dense || pruned). Pruned weights stay zero. For every two epochs a share of the tokens is
/// drawn anew by the dense model. A sixteenth of the windows is held back, and decides after which epoch the model was
/// best.
/// </summary>
public sealed class GlobalTuning : IDisposable
{
    /// <summary>Windows that each step looks at.</summary>
    public const int WindowsPerBatch = 4;

    /// <summary>Epochs for which a text that is drawn anew goes through the dense model once.</summary>
    public const int EpochsPerText = 2;

    /// <summary>How many times the largest code latent weights move by where other parameters move by one, so that
    /// weights move as far in few bits as in many.</summary>
    public const double LatentRate = 10;

    private readonly DecoderModel pruned;
    private readonly PruningSettings settings;
    private readonly SparsityPlan plan;
    private readonly MatrixStore store;
    private readonly IProgress<PruningProgress>? progress;
    private readonly TokenChunks chunks;
    private readonly DenseTeacher teacher;
    private readonly HeldBackLoss heldBack;
    private readonly WindowBatches batches;
    private readonly CosineSchedule schedule;
    private readonly LanguageModelHead head;
    private readonly LanguageModelHead? denseHead;
    private readonly DistillationLoss loss;
    private readonly TunedLayer[] layers;
    private readonly List<EpochReport> epochs = [];
    private double? heldBackBefore;
    private DrawnText? text;
    private ParameterSnapshot? bestNorm;

    /// <summary>A tuning of a model.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="pruned">The same model pruned, on the same backend.</param>
    /// <param name="settings">The method.</param>
    /// <param name="plan">How sparse each matrix is.</param>
    /// <param name="tokens">The calibration windows.</param>
    /// <param name="store">Where activations and layers are kept; null for all of them in memory.</param>
    /// <param name="progress">Told of every step.</param>
    public GlobalTuning(
        DecoderModel dense, DecoderModel pruned, PruningSettings settings, SparsityPlan plan, CalibrationTokens tokens,
        MatrixStore? store = null, IProgress<PruningProgress>? progress = null)
    {
        (this.pruned, this.settings, this.plan, this.progress) = (pruned, settings, plan, progress);
        IBackend backend = pruned.Backend;
        this.store = store ?? new MatrixStore(backend);
        chunks = Chunks(tokens);
        teacher = new DenseTeacher(
            dense,
            tokens,
            chunks,
            settings.GlobalResampling,
            (settings.GlobalEpochs + EpochsPerText - 1) / EpochsPerText);
        heldBack = new HeldBackLoss(backend, chunks);
        batches = new WindowBatches(backend, chunks, WindowsPerBatch);
        schedule = new CosineSchedule(settings.GlobalRate, settings.GlobalEpochs * batches.Count);
        head = pruned.LoadHead();
        denseHead = settings.Quantization?.Embeddings is null ? null : dense.LoadHead();
        loss = new DistillationLoss(backend, head, denseHead);
        var weights = new TrainedWeights(backend, plan, settings);
        double codeRate = LatentRate * (settings.Quantization?.Codes(isPruned: true).Most ?? 0);
        layers =
        [
            .. Enumerable.Range(0, pruned.Definition.Layers.Count).Select(index => new TunedLayer(
                pruned,
                index,
                this.store,
                tokens.SequenceLength,
                weights,
                linear => weights.Of(linear, settings.Quantization is not null, codeRate))),
        ];
    }

    /// <summary>The fewest calibration tokens for each weight that is tuned with which tuning was measured to help,
    /// rounded down: fewer where tokens are drawn anew for each pass.</summary>
    /// <param name="settings">The method.</param>
    public static double LeastTokensPerWeight(PruningSettings settings)
        => settings.GlobalResampling > 0 ? 0.008 : 0.25;

    /// <summary>What has been done so far.</summary>
    public GlobalReport Report => new(heldBackBefore, [.. epochs]);

    /// <summary>Whether there is another epoch to run: not where all are made, a loss was not finite, or the loss on
    /// held-back windows has risen twice in a row although steps become smaller.</summary>
    public bool HasMore => epochs.Count < settings.GlobalEpochs && epochs is not [.., { Loss: null }] && !IsRising;

    private bool IsRising => epochs.Count > settings.GlobalEpochs / 2
        && epochs is [.., { HeldBackLoss: { } first }, { HeldBackLoss: { } second }, { HeldBackLoss: { } third }]
        && first < second
        && second < third;

    /// <summary>Makes the next pass over the windows.</summary>
    /// <param name="cancellation">Stops between mini-batches.</param>
    /// <returns>Whether there was another to make.</returns>
    public bool RunEpoch(CancellationToken cancellation)
    {
        if (!HasMore)
        {
            return false;
        }

        if (epochs.Count == 0)
        {
            heldBackBefore = HeldBack(cancellation);
        }

        var report = new EpochReport(Finite(Train(epochs.Count, cancellation)), HeldBack(cancellation));
        epochs.Add(report);
        if (Report.Kept == epochs.Count)
        {
            Remember();
        }

        progress?.Report(new GlobalEpochFinished(epochs.Count, settings.GlobalEpochs, report));
        return true;
    }

    /// <summary>Writes all that the next epoch depends on.</summary>
    /// <param name="stream">Where to.</param>
    public void Write(Stream stream)
    {
        foreach (Matrix<float> matrix in FinalNormState())
        {
            MatrixStream.Write(pruned.Backend, matrix, stream);
        }

        Array.ForEach(layers, layer => layer.Write(stream));
    }

    /// <summary>Takes up the best model so far, where that is not the last: to be followed by
    /// <see cref="Resume"/>.</summary>
    /// <param name="best">What was written after the best epoch.</param>
    /// <exception cref="InvalidDataException">It has another length than such a state.</exception>
    public void Recall(Stream best)
    {
        Read(best);
        Remember();
    }

    /// <summary>Goes on from an earlier run with the same settings, models and windows.</summary>
    /// <param name="report">What that has done.</param>
    /// <param name="latest">What it wrote after its last epoch.</param>
    /// <exception cref="InvalidDataException">It has another length than such a state.</exception>
    public void Resume(GlobalReport report, Stream latest)
    {
        Read(latest);
        if (report.Kept == report.Epochs.Count)
        {
            Remember();
        }

        heldBackBefore = report.HeldBackBefore;
        epochs.Clear();
        epochs.AddRange(report.Epochs);
        progress?.Report(new GlobalEpochsRestored(epochs.Count, settings.GlobalEpochs));
    }

    /// <summary>The layers of the model after the best epoch, one after the other, with what was tuned of them alone;
    /// nothing where the model is best as it was. Nothing can be tuned after that.</summary>
    /// <param name="before">What was reported of each before.</param>
    public IEnumerable<PrunedLayer> Result(IReadOnlyList<PrunedLayer> before)
    {
        progress?.Report(new GlobalTuningFinished(settings.GlobalEpochs, Report));
        if (Report.Kept == 0)
        {
            yield break;
        }

        bestNorm!.Restore();
        for (int index = 0; index < layers.Length; index++)
        {
            var recorder = new LayerRecorder(
                pruned.Backend,
                pruned.Checkpoint,
                plan,
                index,
                new TensorOverlay(),
                progress: null);
            bool isLast = index == layers.Length - 1;
            yield return layers[index].Result(recorder, before[index], isLast ? head.Norm : null);
        }
    }

    /// <summary>One pass over the windows.</summary>
    /// <returns>The mean loss; not finite where a step's was not, which ends the pass.</returns>
    private double Train(int epoch, CancellationToken cancellation)
    {
        (TokenChunks drawn, ActivationStream targets) = Text(epoch, cancellation);
        (int first, int steps) = (epoch * batches.Count, settings.GlobalEpochs * batches.Count);
        (int, int)[][] shuffled = batches.Shuffled(epoch);
        double sum = 0;
        for (int i = 0; i < shuffled.Length && double.IsFinite(sum); i++)
        {
            cancellation.ThrowIfCancellationRequested();
            (int, int)[] windows = shuffled[i];
            var step = new AdamStep(first + i + 1, schedule.Rate(first + i + 1));
            using Matrix<float> target = batches.Gather(targets, windows);
            double current = Step(pruned.Embed(batches.Ids(drawn, windows), chunks.SequenceLength), target, step);
            progress?.Report(new GlobalStep(step.Number, steps, current));
            sum += current;
        }

        return sum / batches.Count;
    }

    /// <summary>What an epoch is fitted to, and what the dense model has for it.</summary>
    private (TokenChunks Windows, ActivationStream Outputs) Text(int epoch, CancellationToken cancellation)
    {
        if (settings.GlobalResampling == 0)
        {
            return (chunks, teacher.Outputs(cancellation));
        }

        int number = epoch / EpochsPerText;
        if (text?.Number != number)
        {
            text?.Outputs.Dispose();
            text = null;
            TokenChunks windows = Chunks(teacher.Drawn(number, cancellation));
            text = new DrawnText(number, windows, teacher.Outputs(windows, windows.FittedCount, cancellation));
        }

        return (text.Windows, text.Outputs);
    }

    /// <summary>Forward, back, and a step.</summary>
    /// <param name="x">What runs into the first layer; taken over from the caller.</param>
    /// <param name="target">What the dense model has behind its final norm.</param>
    /// <param name="step">The step.</param>
    /// <returns>The loss before the step.</returns>
    private double Step(Matrix<float> x, Matrix<float> target, AdamStep step)
    {
        foreach (TunedLayer layer in layers)
        {
            x = layer.Begin(x);
        }

        Matrix<float> gradient = pruned.Backend.AllocateUninitialized<float>(x.Rows, x.Columns);
        double current = loss.Evaluate(x, target, gradient);
        x.Dispose();
        foreach (Parameter parameter in loss.Parameters)
        {
            parameter.Step(step);
        }

        foreach (TunedLayer layer in layers.Reverse())
        {
            Matrix<float> inputGradient = layer.Step(gradient, step);
            gradient.Dispose();
            gradient = inputGradient;
        }

        gradient.Dispose();
        return current;
    }

    /// <summary>The loss of the model as it will be stored on the windows that nothing is fitted to; null where there are
    /// none, or it is not finite.</summary>
    private double? HeldBack(CancellationToken cancellation)
    {
        if (!heldBack.IsKnown)
        {
            return null;
        }

        int[] indices = [.. Enumerable.Range(chunks.FittedCount, chunks.Count - chunks.FittedCount)];
        using ActivationStream stream = chunks.Stream();
        foreach (int chunk in indices)
        {
            stream.Put(chunk, pruned.Embed(chunks.Ids(chunk), chunks.SequenceLength));
        }

        foreach (TunedLayer layer in layers)
        {
            stream.Advance(indices, layer.ForwardAsStored, cancellation);
        }

        using var norm = new StoredValues(pruned.Backend, pruned.Checkpoint, head.Norm?.Parameters ?? []);
        return Finite(heldBack.Of(stream.Take, loss, teacher.Outputs(cancellation)));
    }

    // Unlike a layer's fit, which may go without, a whole model is never trained unwatched where there are two windows.
    private TokenChunks Chunks(CalibrationTokens tokens) => new(
        tokens,
        store,
        settings.Guard ? Math.Max(TokenChunks.WindowsToHoldBack(tokens.Windows), Math.Min(1, tokens.Windows - 1)) : 0);

    private IEnumerable<Matrix<float>> FinalNormState() => loss.Parameters.SelectMany(parameter => parameter.State);

    private void Read(Stream stream)
    {
        if (stream.Length != FinalNormState().Sum(matrix => matrix.Length * sizeof(float))
            + layers.Sum(layer => layer.StateLength))
        {
            throw new InvalidDataException("it is the state of another model");
        }

        foreach (Matrix<float> matrix in FinalNormState())
        {
            MatrixStream.Read(pruned.Backend, matrix, stream);
        }

        Array.ForEach(layers, layer => layer.Read(stream));
    }

    /// <summary>Keeps the model as it is now, to go back to.</summary>
    private void Remember()
    {
        Array.ForEach(layers, layer => layer.Remember());
        bestNorm?.Dispose();
        bestNorm = new ParameterSnapshot(store, loss.Parameters.Select(parameter => parameter.Values));
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        teacher.Dispose();
        text?.Outputs.Dispose();
        bestNorm?.Dispose();
        loss.Dispose();
        head.Dispose();
        denseHead?.Dispose();
        Array.ForEach(layers, layer => layer.Dispose());
    }

    /// <summary>Windows with tokens drawn anew, and what the dense model has for them.</summary>
    private sealed record DrawnText(int Number, TokenChunks Windows, ActivationStream Outputs);
}
