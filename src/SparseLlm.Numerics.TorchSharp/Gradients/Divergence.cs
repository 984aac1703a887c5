using SparseLlm.Numerics.TorchSharp.Transformer;

namespace SparseLlm.Numerics.TorchSharp.Gradients;

/// <summary>KL(softmax(teacher) || softmax(student)) per row, and its derivative by the student's logits.</summary>
internal static class Divergence
{
    /// <summary>Σ p (log p - log q), [n x 1] in double precision, and q - p, [n x d].</summary>
    /// <param name="teacher">[n x d].</param>
    /// <param name="student">[n x d].</param>
    public static (Tensor Divergence, Tensor Slope) Of(Tensor teacher, Tensor student)
    {
        Softmax p = Softmax.Of(teacher);
        Softmax q = Softmax.Of(student);
        Tensor difference = p.Exponentials.mul(teacher.sub(student)).sum(1, keepdim: true, type: torch.float64)
            .div_(p.Sum);
        Tensor divergence = difference.add_(q.LogSum, One).sub_(p.LogSum);
        return (divergence, Probabilities(q).sub_(Probabilities(p)));
    }

    private static Tensor Probabilities(Softmax softmax) => softmax.Exponentials.div(softmax.Sum.@float());
}
