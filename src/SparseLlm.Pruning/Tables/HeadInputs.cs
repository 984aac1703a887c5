using SparseLlm.Models;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;

namespace SparseLlm.Pruning.Tables;

/// <summary>What runs into the table of a dense model's head, summed over some of the calibration windows.</summary>
internal static class HeadInputs
{
    private const int Windows = 32;

    /// <summary>The mean of the diagonal is added to it once. Less of it leaves more loss: what a logit's error costs
    /// differs from token to token, which the sum does not know.</summary>
    private const double Damping = 1;

    /// <summary>H = X'X, damped, [d x d] in rows.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="tokens">The calibration windows.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public static float[] Gram(DecoderModel model, CalibrationTokens tokens, CancellationToken cancellation)
    {
        IBackend backend = model.Backend;
        var chunks = new TokenChunks(tokens.Part(0, Windows), new MatrixStore(backend));
        using ActivationStream stream = chunks.Embed(model);
        for (int index = 0; index < model.Definition.Layers.Count; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            stream.Advance(
                Enumerable.Range(0, chunks.Count),
                x => layer.Forward(x, chunks.SequenceLength),
                cancellation);
        }

        int width = model.Definition.Head.Tokens.Columns;
        using Matrix<double> gram = backend.Allocate<double>(width, width);
        using LanguageModelHead head = model.LoadHead();
        for (int chunk = 0; chunk < chunks.Count; chunk++)
        {
            using Matrix<float> output = stream.Read(chunk);
            using Matrix<float> input = head.TableInputs(output);
            backend.AccumulateGram(input, gram);
        }

        backend.MirrorUpper(gram);
        return Damped(backend, gram);
    }

    private static float[] Damped(IBackend backend, Matrix<double> gram)
    {
        double[] diagonal = new double[gram.Rows];
        backend.Diagonal(gram, diagonal);
        backend.AddDiagonal(gram, Damping * diagonal.Average());
        using Matrix<float> damped = backend.AllocateUninitialized<float>(gram.Rows, gram.Columns);
        backend.Convert(gram, damped);
        float[] values = new float[damped.Length];
        backend.Download<float>(damped, values);
        return values;
    }
}
