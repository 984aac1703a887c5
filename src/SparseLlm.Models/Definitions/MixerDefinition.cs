namespace SparseLlm.Models.Definitions;

/// <summary>What a residual block computes between its norms.</summary>
public abstract record MixerDefinition
{
    /// <summary>The linear layers in the order in which data flows through them.</summary>
    public abstract IEnumerable<LinearDefinition> Linears { get; }

    /// <summary>The stored tensors that it reads; one may come more than once.</summary>
    public virtual IEnumerable<TensorShape> Tensors => Linears.SelectMany(linear => linear.Tensors);
}
