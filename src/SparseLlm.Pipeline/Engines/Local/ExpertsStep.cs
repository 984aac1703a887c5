using System.Text.Json.Serialization;
using SparseLlm.Files;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pruning.Methods.Mixtures;

namespace SparseLlm.Pipeline.Engines.Local;

/// <summary>Which experts of each mixture stay, as the cache remembers it.</summary>
/// <param name="Kept">By decoder layer, their places, ascending; null for a layer without a mixture.</param>
internal sealed record ExpertsStep(IReadOnlyList<IReadOnlyList<int>?> Kept) : IJsonOnDeserialized
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "experts";

    /// <summary>What an entry holds, if it is a choice among a model's experts.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static ExpertsStep Read(CacheEntry entry, ModelDefinition model, double share)
    {
        var step = entry.MetadataAs<ExpertsStep>(Kind);
        bool fits = step.Kept.Count == model.Layers.Count
            && model.Layers.Zip(step.Kept).All(layer => Fits(layer.First, layer.Second, share));
        return fits
            ? step
            : throw new InvalidDataException("it does not hold a choice among the experts of this model");
    }

    private static bool Fits(LayerDefinition layer, IReadOnlyList<int>? kept, double share) =>
        layer.Blocks.Select(block => block.Mixer).OfType<ExpertsDefinition>().FirstOrDefault() is { } experts
            ? kept is not null && kept.Count == ExpertSelection.Count(experts, share)
                && kept.All(place => place < experts.Experts.Count)
            : kept is null;

    void IJsonOnDeserialized.OnDeserialized() => RecordJson.Require(
        Kept.All(
            kept => kept is null || (kept.All(place => place >= 0) && kept.SequenceEqual(kept.Distinct().Order()))),
        "places of experts are not ascending");
}
