namespace SparseLlm.Models.Definitions;

/// <summary>
/// A tensor as the checkpoint stores it: its name and the shape it must have. Several matrices (the experts of a
/// mixture, say) may be stacked in it, one plane each.
/// </summary>
/// <param name="Name">The full name, such as <c>model.decoder.layers.0.fc1.weight</c>.</param>
/// <param name="Rows">Rows of a matrix, or 1 for a vector.</param>
/// <param name="Columns">Columns of a matrix, or the length of a vector.</param>
/// <param name="IsVector">Whether a plane has one dimension.</param>
/// <param name="Planes">The leading dimension; 0 where there is none.</param>
public sealed record TensorShape(string Name, int Rows, int Columns, bool IsVector = false, int Planes = 0)
{
    /// <summary>A tensor of one dimension.</summary>
    public static TensorShape Vector(string name, int length) => new(name, 1, length, IsVector: true);

    /// <summary>Elements of a plane.</summary>
    public long PlaneLength => (long)Rows * Columns;

    /// <summary>The dimensions in the checkpoint.</summary>
    public IReadOnlyList<long> Dimensions =>
        [.. Planes > 0 ? [Planes] : (long[])[], .. IsVector ? (long[])[Columns] : [Rows, Columns]];
}
