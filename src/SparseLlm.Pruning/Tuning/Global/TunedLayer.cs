using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Gradients;
using SparseLlm.Pruning.Layers;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Tuning.Global;

/// <summary>
/// A decoder layer of a model that is tuned as a whole. Where the budget of memory has no room for it, its weights and
/// Adam's moments are in the store, and in memory only while something goes through the layer.
/// </summary>
/// <param name="model">The pruned model.</param>
/// <param name="index">The layer's place.</param>
/// <param name="store">Where it is kept.</param>
/// <param name="sequenceLength">Tokens per sequence.</param>
/// <param name="weights">Which weights are trained.</param>
/// <param name="weightOf">Makes the parameter that trains a weight; null for those that stay.</param>
internal sealed class TunedLayer(
    DecoderModel model, int index, MatrixStore store, int sequenceLength, TrainedWeights weights,
    Func<Linear, Parameter?> weightOf) : IDisposable
{
    private DecoderLayer? layer;
    private LayerGradient? gradient;
    private StoredMatrix[]? parked;
    private StoredMatrix[]? best;
    private long reserved;

    // From the way forward to the way back.
    private Matrix<float>? input;
    private StoredMatrix? storedInput;
    private long activations;

    private bool IsInMemory => reserved > 0;

    /// <summary>The output of the layer as it will be stored, a new matrix.</summary>
    /// <param name="x">[tokens x hidden].</param>
    public Matrix<float> ForwardAsStored(Matrix<float> x)
    {
        Enter();
        Matrix<float> output;
        using (new StoredValues(model.Backend, model.Checkpoint, Trained()))
        {
            output = layer!.Forward(x, sequenceLength);
        }

        Leave(hasChanged: false);
        return output;
    }

    /// <summary>Goes forward through the layer, to go back by <see cref="Step"/>. Where the budget of memory has no
    /// room for all that this needs, the input alone is kept, and the layer gone through once more on the way back (Chen
    /// et al. 2016, arXiv 1604.06174).</summary>
    /// <param name="x">The layer's input, [tokens x hidden]; taken over from the caller.</param>
    /// <returns>Its output, a new matrix.</returns>
    public Matrix<float> Begin(Matrix<float> x)
    {
        Enter();
        long bytes = IsInMemory ? x.Rows * BytesOfToken() : 0;
        if (bytes > 0 && store.TryReserve(bytes))
        {
            (input, activations) = (x, bytes);
            return model.Backend.CopyOf(gradient!.Forward(x));
        }

        Matrix<float> output = layer!.Forward(x, sequenceLength);
        Leave(hasChanged: false);
        storedInput = store.Keep(x);
        return output;
    }

    /// <summary>Goes back through the layer, and takes a step along its gradients.</summary>
    /// <param name="dy">The gradient of the output.</param>
    /// <param name="step">The step.</param>
    /// <returns>The gradient of the input, a new matrix.</returns>
    public Matrix<float> Step(Matrix<float> dy, AdamStep step)
    {
        Enter();
        if (input is null)
        {
            input = storedInput!.Take();
            gradient!.Forward(input);
        }

        Matrix<float> dx = gradient!.Backward(dy);
        ForgetInput();
        foreach (Parameter parameter in gradient.Parameters)
        {
            parameter.Step(step);
        }

        Leave(hasChanged: true);
        return dx;
    }

    /// <summary>Keeps the values as they are now, to go back to.</summary>
    public void Remember()
    {
        Enter();
        Matrix<float>[] values = [.. gradient!.Parameters.Select(parameter => parameter.Values)];
        if (best is null)
        {
            best = [.. values.Select(store.KeepCopy)];
        }
        else
        {
            Array.ForEach(best.Zip(values).ToArray(), pair => pair.First.Replace(pair.Second));
        }

        Leave(hasChanged: false);
    }

    /// <summary>What becomes of the layer with the values that were remembered last. It is not tuned after
    /// that.</summary>
    /// <param name="recorder">Rounds it to the checkpoint's element types.</param>
    /// <param name="before">What was reported of it before.</param>
    /// <param name="finalNorm">The norm behind the last layer, which is taken down with it.</param>
    public PrunedLayer Result(LayerRecorder recorder, PrunedLayer before, Norm? finalNorm)
    {
        Enter();
        foreach ((StoredMatrix value, Parameter parameter) in best!.Zip(gradient!.Parameters))
        {
            value.CopyTo(parameter.Values);
        }

        Dictionary<string, double?> errors = before.Linears.ToDictionary(
            report => report.Name,
            report => report.RelativeError);
        foreach (Linear linear in layer!.Linears.Where(weights.Has))
        {
            recorder.Add(linear, errors.GetValueOrDefault(linear.Definition.WeightName));
        }

        foreach (Norm norm in finalNorm is null ? layer.Norms : layer.Norms.Append(finalNorm))
        {
            recorder.Add(norm);
        }

        PrunedLayer tuned = recorder.Result();
        Unload();
        return before with { Tensors = tuned.Tensors, Linears = Merged(before, tuned) };
    }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public long StateLength
    {
        get
        {
            Enter();
            long length = State().Sum(matrix => matrix.Length * sizeof(float));
            Leave(hasChanged: false);
            return length;
        }
    }

    /// <summary>Writes all that the next step depends on.</summary>
    public void Write(Stream stream)
    {
        Enter();
        foreach (Matrix<float> matrix in State())
        {
            MatrixStream.Write(model.Backend, matrix, stream);
        }

        Leave(hasChanged: false);
    }

    /// <summary>Goes on from what was written.</summary>
    /// <exception cref="EndOfStreamException">It is cut off.</exception>
    public void Read(Stream stream)
    {
        Enter();
        foreach (Matrix<float> matrix in State())
        {
            MatrixStream.Read(model.Backend, matrix, stream);
        }

        Resume();
        Leave(hasChanged: true);
    }

    /// <summary>The reports of a layer, those of matrices that were tuned made anew.</summary>
    private static LinearReport[] Merged(PrunedLayer before, PrunedLayer tuned)
    {
        Dictionary<string, LinearReport> anew = tuned.Linears.ToDictionary(report => report.Name);
        return [.. before.Linears.Select(report => anew.GetValueOrDefault(report.Name, report))];
    }

    private IEnumerable<Matrix<float>> State() => gradient!.Parameters.SelectMany(parameter => parameter.State);

    private IEnumerable<(TensorSlice Slice, Matrix<float> Values)> Trained()
        => layer!.Norms.SelectMany(norm => norm.Parameters)
            .Concat(layer.Linears.Where(weights.Has).SelectMany(linear => linear.Parameters));

    private void Resume()
    {
        foreach (Parameter parameter in gradient!.Parameters)
        {
            parameter.Resume();
        }
    }

    private void Enter()
    {
        if (layer is not null)
        {
            return;
        }

        layer = model.LoadLayer(index);
        gradient = new LayerGradient(model.Backend, layer, sequenceLength, weightOf);
        if (parked is null)
        {
            // The gradients stay in memory with the rest.
            long bytes = State().Concat(gradient.Parameters.Select(parameter => parameter.Gradient))
                .Sum(matrix => matrix.Length * sizeof(float));
            reserved = store.TryReserve(bytes) ? bytes : 0;
            return;
        }

        foreach ((StoredMatrix kept, Matrix<float> matrix) in parked.Zip(State()))
        {
            kept.CopyTo(matrix);
        }

        Resume();
    }

    private void Leave(bool hasChanged)
    {
        if (IsInMemory)
        {
            return;
        }

        if (parked is null)
        {
            parked = [.. State().Select(store.KeepCopy)];
        }
        else if (hasChanged)
        {
            foreach ((StoredMatrix kept, Matrix<float> matrix) in parked.Zip(State()))
            {
                kept.Replace(matrix);
            }
        }

        Unload();
    }

    /// <summary>About what a gradient keeps of each token: what goes into every linear layer and comes out of
    /// it.</summary>
    private long BytesOfToken() => layer!.Linears.Sum(linear => linear.Definition.Inputs + linear.Definition.Outputs)
        * (long)sizeof(float);

    private void ForgetInput()
    {
        gradient?.Forget();
        input?.Dispose();
        store.GiveBack(activations);
        (input, storedInput, activations) = (null, null, 0);
    }

    private void Unload()
    {
        gradient?.Dispose();
        layer?.Dispose();
        (gradient, layer) = (null, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        storedInput?.Dispose();
        ForgetInput();
        Unload();
        store.GiveBack(reserved);
        foreach (StoredMatrix kept in (parked ?? []).Concat(best ?? []))
        {
            kept.Dispose();
        }
    }
}
