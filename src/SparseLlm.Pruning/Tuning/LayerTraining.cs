using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Losses;

namespace SparseLlm.Pruning.Tuning;

/// <summary>Trains one decoder layer, alone, by Adam over mini-batches of calibration windows.</summary>
internal sealed class LayerTraining(IBackend backend, LayerGradient layer, ITuningLoss loss, WindowBatches batches)
{
    /// <summary>Some epochs from the layer's parameters as they are.</summary>
    /// <param name="inputs">The layer's inputs in the pruned model.</param>
    /// <param name="targets">What the loss compares its outputs with.</param>
    /// <param name="epochs">How often every window is seen.</param>
    /// <param name="rate">The highest learning rate.</param>
    /// <param name="cancellation">Stops between mini-batches.</param>
    public void Run(
        ActivationStream inputs,
        ActivationStream targets,
        int epochs,
        double rate,
        CancellationToken cancellation)
    {
        Parameter[] parameters = [.. layer.Parameters, .. loss.Parameters];
        var schedule = new CosineSchedule(rate, epochs * batches.Count);
        int number = 0;
        foreach ((int, int)[] batch in batches.OfEpochs(epochs))
        {
            cancellation.ThrowIfCancellationRequested();
            ComputeGradients(inputs, targets, batch);
            number++;
            var step = new AdamStep(number, schedule.Rate(number));
            foreach (Parameter parameter in parameters)
            {
                parameter.Step(step);
            }
        }
    }

    private void ComputeGradients(ActivationStream inputs, ActivationStream targets, (int, int)[] batch)
    {
        using Matrix<float> x = batches.Gather(inputs, batch);
        using Matrix<float> target = batches.Gather(targets, batch);
        Matrix<float> output = layer.Forward(x);
        using Matrix<float> gradient = backend.AllocateUninitialized<float>(output.Rows, output.Columns);
        loss.Evaluate(output, target, gradient);
        layer.Backward(gradient).Dispose();
    }
}
