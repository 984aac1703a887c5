using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>A residual block, forward with what backward needs and back.</summary>
/// <param name="backend">Where it lives.</param>
/// <param name="block">The block.</param>
/// <param name="mixer">Its mixer's gradient, which is this object's from here on.</param>
/// <param name="gradientOf">Gives the gradient of a norm, which blocks may share.</param>
internal sealed class BlockGradient(
    IBackend backend,
    Block block,
    MixerGradient mixer,
    Func<Norm, NormGradient> gradientOf) : IDisposable
{
    private readonly NormGradient? inputNorm = block.InputNorm is null ? null : gradientOf(block.InputNorm);
    private readonly NormGradient? outputNorm = block.OutputNorm is null ? null : gradientOf(block.OutputNorm);
    private readonly NormGradient? sumNorm = block.SumNorm is null ? null : gradientOf(block.SumNorm);

    // Kept from forward to backward; what is not this object's is not disposed.
    private readonly List<Matrix<float>> kept = [];
    private Matrix<float>? before;
    private Matrix<float>? input;
    private Matrix<float>? output;
    private Matrix<float>? sum;

    /// <summary>What is trained of the mixer.</summary>
    public IEnumerable<Parameter> Parameters => mixer.Parameters;

    /// <summary>The residual stream behind the block, a matrix that lives until the next call.</summary>
    /// <param name="x">What goes into the block; lives until the backward pass.</param>
    /// <param name="stream">The residual stream that its output is added to.</param>
    public Matrix<float> Forward(Matrix<float> x, Matrix<float> stream)
    {
        Forget();
        before = x;
        input = block.InputNorm is null ? x : Keep(block.InputNorm.Apply(x));
        Matrix<float> mixed = mixer.Forward(input);
        output = outputNorm is null ? null : Keep(backend.CopyOf(mixed));
        sum = Keep(block.Add(stream, mixed));
        return block.SumNorm is null ? sum : Keep(block.SumNorm.Apply(sum));
    }

    /// <summary>Writes the mixer's gradients.</summary>
    /// <param name="dy">The gradient of the residual stream behind the block.</param>
    /// <returns>
    /// The gradients of the stream that was added to (null where it is <paramref name="dy"/>) and of what went into the
    /// block, new matrices.
    /// </returns>
    public (Matrix<float>? Stream, Matrix<float> Input) Backward(Matrix<float> dy)
    {
        Matrix<float>? streamGradient = sumNorm?.Backward(sum!, dy);
        using Matrix<float>? scaled = Scaled(streamGradient ?? dy);
        Matrix<float> added = scaled ?? streamGradient ?? dy;
        using Matrix<float>? mixed = outputNorm?.Backward(output!, added);
        Matrix<float> inputGradient = mixer.Backward(input!, mixed ?? added);
        if (inputNorm is null)
        {
            return (streamGradient, inputGradient);
        }

        using (inputGradient)
        {
            return (streamGradient, inputNorm.Backward(before!, inputGradient));
        }
    }

    /// <summary>The gradient times the residual multiplier, as a new matrix; null where that is 1.</summary>
    private Matrix<float>? Scaled(Matrix<float> gradient)
    {
        if (block.ResidualMultiplier == 1)
        {
            return null;
        }

        Matrix<float> scaled = backend.CopyOf(gradient);
        backend.Combine(block.ResidualMultiplier, scaled, 0, scaled, scaled);
        return scaled;
    }

    private Matrix<float> Keep(Matrix<float> matrix)
    {
        kept.Add(matrix);
        return matrix;
    }

    /// <summary>Forgets what the last forward pass kept.</summary>
    public void Forget()
    {
        mixer.Forget();
        kept.ForEach(matrix => matrix.Dispose());
        kept.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        mixer.Dispose();
    }
}
