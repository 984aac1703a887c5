using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Layers;

/// <summary>Values that stand in the place of a checkpoint's when a layer is loaded: those of matrices that have been
/// pruned by now.</summary>
public sealed class TensorOverlay
{
    private readonly Dictionary<(string Tensor, int Plane), byte[]> planes = [];

    /// <summary>Puts the bytes of a plane, in the element type of the checkpoint, in the place of those in the
    /// checkpoint.</summary>
    public void Put(string tensor, int plane, byte[] bytes) => planes[(tensor, plane)] = bytes;

    /// <summary>The bytes of a slice's plane; null for those of the checkpoint.</summary>
    public byte[]? Find(TensorSlice slice) => planes.GetValueOrDefault((slice.Tensor.Name, slice.Plane));
}
