namespace SparseLlm.Numerics.TorchSharp.Transformer;

/// <summary>Softmax of rows, with the maximum taken out and sums in double precision.</summary>
/// <param name="Exponentials">exp(x - max), [n x d].</param>
/// <param name="Sum">Their sums, [n x 1], in double precision.</param>
/// <param name="LogSum">log Σ exp(x), [n x 1], in double precision.</param>
internal readonly record struct Softmax(Tensor Exponentials, Tensor Sum, Tensor LogSum)
{
    private static readonly long[] Channels = [1];

    /// <summary>The softmax of every row of x, [n x d].</summary>
    public static Softmax Of(Tensor x)
    {
        Tensor maximum = x.amax(Channels, keepdim: true);
        Tensor exponentials = x.sub(maximum).exp_();
        Tensor sum = exponentials.sum(1, keepdim: true, type: torch.float64);
        return new Softmax(exponentials, sum, sum.log().add_(maximum, One));
    }
}
