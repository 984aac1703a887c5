namespace SparseLlm.Models.Definitions;

/// <summary>A linear layer y = x W' + b with W [outputs x inputs].</summary>
/// <param name="Name">The module's name; its tensors are <c>Name.weight</c> and <c>Name.bias</c>.</param>
/// <param name="Inputs">Columns of W.</param>
/// <param name="Outputs">Rows of W.</param>
/// <param name="HasBias">Whether there is a bias.</param>
public sealed record LinearDefinition(string Name, int Inputs, int Outputs, bool HasBias)
{
    /// <summary>The weight's name in the checkpoint.</summary>
    public string WeightName => Name + ".weight";

    /// <summary>The bias's name in the checkpoint.</summary>
    public string BiasName => Name + ".bias";

    /// <summary>The tensors of this layer.</summary>
    public IEnumerable<TensorShape> Tensors
    {
        get
        {
            yield return new TensorShape(WeightName, Outputs, Inputs);
            if (HasBias)
            {
                yield return TensorShape.Vector(BiasName, Outputs);
            }
        }
    }
}
