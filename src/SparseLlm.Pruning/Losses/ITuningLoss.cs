using SparseLlm.Numerics;
using SparseLlm.Pruning.Gradients;

namespace SparseLlm.Pruning.Losses;

/// <summary>What the tuning of a layer makes small.</summary>
internal interface ITuningLoss : IDisposable
{
    /// <summary>What is trained besides the layer.</summary>
    IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The loss of a mini-batch, averaged over its tokens.</summary>
    /// <param name="output">The layer's output, [tokens x hidden].</param>
    /// <param name="target">What the dense model has there, [tokens x hidden].</param>
    /// <param name="gradient">Receives the derivative of the loss by the output; must not overlap the others.</param>
    double Evaluate(Matrix<float> output, Matrix<float> target, Matrix<float> gradient);
}
