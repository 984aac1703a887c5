namespace SparseLlm.Models.Definitions;

/// <summary>A linear layer y = x W' + b with W [outputs x inputs].</summary>
/// <param name="Weight">W.</param>
/// <param name="Bias">b, if there is one.</param>
/// <param name="StaysDense">Whether it is pruned only where a rule says so: routers, whose few weights decide about all
/// others.</param>
public sealed record LinearDefinition(TensorSlice Weight, TensorSlice? Bias = null, bool StaysDense = false)
{
    /// <summary>A layer whose tensors are <c>name.weight</c> and <c>name.bias</c>, whole.</summary>
    public LinearDefinition(string name, int inputs, int outputs, bool hasBias)
        : this(
            TensorSlice.Matrix(name + ".weight", outputs, inputs),
            hasBias ? TensorSlice.Vector(name + ".bias", outputs) : null)
    {
    }

    /// <summary>Columns of W.</summary>
    public int Inputs => Weight.Columns;

    /// <summary>Rows of W.</summary>
    public int Outputs => Weight.Rows;

    /// <summary>What the weight is called in reports: its tensor's name, and its part where it is not all of
    /// it.</summary>
    public string WeightName => Weight.Label;

    /// <summary>The stored tensors that hold its weights and its bias.</summary>
    public IEnumerable<TensorShape> Tensors => Bias is null ? [Weight.Tensor] : [Weight.Tensor, Bias.Tensor];
}
