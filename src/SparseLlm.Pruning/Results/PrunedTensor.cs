using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Results;

/// <summary>
/// A tensor that pruning has changed, or a plane of one: the weight of a linear layer or of several, a bias refitted
/// with it, or a norm that was tuned.
/// </summary>
/// <param name="Tensor">Its name in the checkpoint.</param>
/// <param name="Plane">Which plane, of a tensor that stacks several matrices; null for a whole tensor.</param>
/// <param name="ElementType">The checkpoint's element type.</param>
/// <param name="Bytes">The new values in that type, row-major: half the memory of single precision, which many experts
/// would not fit into.</param>
public sealed record PrunedTensor(string Tensor, int? Plane, ElementType ElementType, byte[] Bytes)
{
    /// <summary>The tensor's name, with the plane in brackets.</summary>
    public string Name => NameOf(Tensor, Plane);

    /// <summary>Where it begins in the tensor, in bytes.</summary>
    public long FirstByte => (Plane ?? 0) * (long)Bytes.Length;

    /// <summary>The values in single precision.</summary>
    public float[] Values
    {
        get
        {
            var values = new float[Bytes.Length / ElementType.Size()];
            NumberFormats.ToSingle(Bytes, ElementType.Format(), values);
            return values;
        }
    }

    /// <summary>What a plane is called; the tensor's name where it is all of it.</summary>
    public static string NameOf(string tensor, int? plane)
        => plane is null ? tensor : FormattableString.Invariant($"{tensor}[{plane}]");

    /// <summary>What a slice's plane is called.</summary>
    public static string NameOf(TensorSlice slice) => NameOf(slice.Tensor.Name, PlaneOf(slice));

    /// <summary>Which plane a slice is of; null where the tensor has none.</summary>
    public static int? PlaneOf(TensorSlice slice) => slice.Tensor.Planes > 0 ? slice.Plane : null;
}
