using System.Globalization;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Methods.Mixtures;

/// <summary>
/// Which experts of each mixture stay, by REAP (Lasby et al. 2025, arXiv 2510.13999, eq. 9): the saliency of an expert
/// is the mean, over the tokens that the router sends to it, of the router's weight times the norm of what the expert
/// gives. Those with the lowest are dropped.
/// </summary>
public static class ExpertSelection
{
    // 0.07 of 100 is 7.000000000000001 in binary, and means 7.
    private const double Rounding = 1e-9;

    /// <summary>How many experts of a mixture stay.</summary>
    /// <param name="experts">The mixture.</param>
    /// <param name="share">The share of them that is kept; rounded up.</param>
    public static int Count(ExpertsDefinition experts, double share)
        => (int)Math.Ceiling(share * experts.Experts.Count - Rounding);

    /// <summary>Checks that experts can be dropped.</summary>
    /// <param name="model">The model.</param>
    /// <param name="share">The share of experts that is kept.</param>
    /// <param name="location">Who asks for it, for messages.</param>
    /// <exception cref="Diagnostics.DiagnosticException">There are none, or fewer would be left than a token goes
    /// through.</exception>
    public static void Require(ModelDefinition model, double share, Diagnostics.SourceLocation? location)
    {
        ExpertsDefinition[] mixtures = [.. Mixtures(model)];
        if (mixtures.Length == 0)
        {
            throw PruningDiagnostics.ExpertsCannotBeDropped
                .Error(location, $"a {model.Architecture} has no experts; leave out 'experts'");
        }

        foreach (ExpertsDefinition experts in mixtures.Where(
            experts => Count(experts, share) < experts.ExpertsPerToken))
        {
            throw PruningDiagnostics.ExpertsCannotBeDropped.Error(location, string.Create(CultureInfo.InvariantCulture,
                $"to keep {share:R} of {experts.Experts.Count} experts leaves {Count(experts, share)}, and each token "
                + $"goes through {experts.ExpertsPerToken}; keep more"));
        }
    }

    /// <summary>What a model is made of without the experts that go, which have the last numbers then.</summary>
    /// <param name="model">The model.</param>
    /// <param name="share">The share of experts that is kept.</param>
    public static ModelDefinition WithFewerExperts(ModelDefinition model, double share) => model with
    {
        Layers = [.. model.Layers.Select(layer => layer with
        {
            Blocks = [.. layer.Blocks.Select(block => block.Mixer is ExpertsDefinition experts
                ? block with { Mixer = experts with { Experts = [.. experts.Experts.Take(Count(experts, share))] } }
                : block)],
        })],
    };

    /// <summary>Chooses the experts that stay.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="share">The share of experts that is kept.</param>
    /// <param name="tokens">The calibration windows.</param>
    /// <param name="store">Where activations are kept.</param>
    /// <param name="progress">Told of every layer.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    /// <returns>By decoder layer, the places of the experts that stay, ascending; null for a layer without a
    /// mixture.</returns>
    public static IReadOnlyList<IReadOnlyList<int>?> Choose(
        DecoderModel model, double share, CalibrationTokens tokens, MatrixStore store,
        IProgress<PruningProgress>? progress, CancellationToken cancellation)
    {
        var chunks = new TokenChunks(tokens, store);
        using ActivationStream stream = chunks.Embed(model);
        int layers = model.Definition.Layers.Count;
        var kept = new List<IReadOnlyList<int>?>();
        for (int index = 0; index < layers; index++)
        {
            using DecoderLayer layer = model.LoadLayer(index);
            ExpertSaliency? saliency = Mixtures(layer.Definition).FirstOrDefault() is { } experts
                ? new ExpertSaliency(model.Backend, experts.Experts.Count)
                : null;
            for (int chunk = 0; chunk < chunks.Count; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                using Matrix<float> input = stream.Read(chunk);
                stream.Put(chunk, Forward(layer, input, chunks.SequenceLength, saliency));
            }

            kept.Add(saliency?.Highest(Count(Mixtures(layer.Definition).First(), share)));
            progress?.Report(new LayerMeasured(index, layers));
        }

        return kept;
    }

    private static Matrix<float> Forward(
        DecoderLayer layer,
        Matrix<float> x,
        int sequenceLength,
        ExpertSaliency? saliency)
    {
        Matrix<float> stream = x;
        for (int block = 0; block < layer.Blocks.Count; block++)
        {
            using Matrix<float> input = layer.Input(block, x, stream);
            Matrix<float> output = layer.Blocks[block].Mixer is Experts experts
                ? experts.Forward(input, saliency!.Add)
                : layer.Blocks[block].Mixer.Forward(input, sequenceLength);
            Matrix<float> next = layer.Behind(block, stream, output);
            if (stream != x)
            {
                stream.Dispose();
            }

            stream = next;
        }

        return stream;
    }

    private static IEnumerable<ExpertsDefinition> Mixtures(ModelDefinition model) => model.Layers.SelectMany(Mixtures);

    private static IEnumerable<ExpertsDefinition> Mixtures(LayerDefinition layer)
        => layer.Blocks.Select(block => block.Mixer).OfType<ExpertsDefinition>();
}
