using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Weights;

namespace SparseLlm.Runtime.Decoding;

/// <summary>Loads layers that generate: weights as they are stored, and attention with a cache. Layers are loaded in
/// their order.</summary>
internal sealed class DecodingLoader(
    Checkpoint checkpoint,
    CpuBackend backend,
    MappedFiles files,
    CurrentStep current) : StoredWeightLoader(checkpoint, backend, files)
{
    private readonly List<RotaryAngles> rotaries = [];
    private readonly List<AttentionDefinition> attentions = [];

    /// <summary>The attention blocks that have been loaded, in the order of a sequence's caches.</summary>
    public IReadOnlyList<AttentionDefinition> Attentions => attentions;

    /// <inheritdoc/>
    protected override Attention Assemble(AttentionParts parts)
    {
        attentions.Add(parts.Definition);
        return new CachedAttention(
            Backend,
            current,
            attentions.Count - 1,
            parts.Definition.Rotary is { } rotary ? Rotary(rotary) : null,
            parts);
    }

    private RotaryAngles Rotary(RotaryDefinition definition)
    {
        RotaryAngles? known = rotaries.Find(rotary => rotary.Definition.IsSameAs(definition));
        if (known is null)
        {
            rotaries.Add(known = new RotaryAngles(Backend, definition, current));
        }

        return known;
    }
}
