using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>Loads a decoder layer once more from one that has been loaded and not been changed since: its matrices are
/// copied where they are, instead of read again.</summary>
internal sealed class LayerCopyLoader : WeightLoader
{
    private readonly IBackend backend;
    private readonly Dictionary<TensorSlice, Matrix<float>> weights;

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="backend">Where both layers are.</param>
    /// <param name="loaded">The layer.</param>
    public LayerCopyLoader(Checkpoint checkpoint, IBackend backend, DecoderLayer loaded)
        : base(checkpoint, backend)
    {
        this.backend = backend;
        weights = loaded.Linears.ToDictionary(linear => linear.Definition.Weight, linear => linear.Weight);
    }

    /// <inheritdoc/>
    /// <remarks>Experts are not in memory, and are read as ever.</remarks>
    protected override Matrix<float> LoadFactor(TensorSlice slice) =>
        weights.TryGetValue(slice, out Matrix<float>? weight) ? backend.CopyOf(weight) : base.LoadFactor(slice);
}
