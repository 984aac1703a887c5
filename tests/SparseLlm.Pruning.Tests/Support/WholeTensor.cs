using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pruning.Tests.Support;

/// <summary>A tensor with other values, as a prune would give it.</summary>
internal static class WholeTensor
{
    /// <summary>Rounds the values to the type of the tensor.</summary>
    public static PrunedTensor Of(DecoderModel model, string name, float[] values)
    {
        ElementType type = model.Checkpoint[name].ElementType;
        var bytes = new byte[values.Length * type.Size()];
        NumberFormats.FromSingle(values, type.Format(), bytes);
        return new PrunedTensor(name, Plane: null, type, bytes);
    }
}
