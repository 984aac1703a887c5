namespace SparseLlm.Models.Definitions;

/// <summary>A tensor that a model needs: its name in the checkpoint and its shape. A vector has <paramref name="Rows"/> 1.</summary>
/// <param name="Name">The full name, such as <c>model.decoder.layers.0.fc1.weight</c>.</param>
/// <param name="Rows">Rows of a matrix, or 1 for a vector.</param>
/// <param name="Columns">Columns of a matrix, or the length of a vector.</param>
/// <param name="IsVector">Whether the checkpoint holds it with one dimension.</param>
public sealed record TensorShape(string Name, int Rows, int Columns, bool IsVector = false)
{
    /// <summary>A tensor of one dimension.</summary>
    public static TensorShape Vector(string name, int length) => new(name, 1, length, IsVector: true);
}
