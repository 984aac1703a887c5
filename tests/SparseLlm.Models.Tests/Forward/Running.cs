using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Tests.Forward;

internal static class Running
{
    /// <summary>The last layer's output for ids in sequences.</summary>
    public static Matrix<float> Hidden(this DecoderModel model, int[] ids, int sequenceLength)
    {
        Matrix<float> hidden = model.Embed(ids, sequenceLength);
        for (int i = 0; i < model.Definition.Layers.Count; i++)
        {
            using DecoderLayer layer = model.LoadLayer(i);
            using Matrix<float> input = hidden;
            hidden = layer.Forward(input, sequenceLength);
        }

        return hidden;
    }

    /// <summary>Logits of every token, [tokens x vocabulary] row-major.</summary>
    public static float[] Logits(this DecoderModel model, int[] ids, int sequenceLength)
    {
        using Matrix<float> hidden = model.Hidden(ids, sequenceLength);
        using LanguageModelHead head = model.LoadHead();
        using Matrix<float> logits = head.Logits(hidden);
        float[] values = new float[logits.Length];
        model.Backend.Download(logits, values);
        return values;
    }

    /// <summary>Losses of every token but each sequence's first.</summary>
    public static double[] Losses(this DecoderModel model, int[] ids, int sequenceLength)
    {
        using Matrix<float> hidden = model.Hidden(ids, sequenceLength);
        using LanguageModelHead head = model.LoadHead();
        double[] losses = new double[ids.Length - ids.Length / sequenceLength];
        head.Losses(hidden, ids, sequenceLength, losses);
        return losses;
    }
}
