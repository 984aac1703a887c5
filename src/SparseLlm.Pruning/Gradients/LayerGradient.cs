using SparseLlm.Models.Definitions;
using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>
/// A decoder layer's forward pass that keeps what its backward pass needs. It knows no architecture, only the layer's
/// blocks, which it goes through in their order and back.
/// </summary>
internal sealed class LayerGradient : IDisposable
{
    private readonly IBackend backend;
    private readonly bool isParallel;
    private readonly Dictionary<Norm, NormGradient> norms = [];
    private readonly BlockGradient[] blocks;

    /// <summary>The gradient of a layer.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="sequenceLength">Tokens per sequence.</param>
    /// <param name="weightOf">Makes the parameter that trains a weight; null for linear layers that are passed through.</param>
    public LayerGradient(IBackend backend, DecoderLayer layer, int sequenceLength, Func<Linear, Parameter?> weightOf)
    {
        this.backend = backend;
        isParallel = layer.Definition.Wiring == Wiring.Parallel;
        blocks = [.. layer.Blocks.Select(block => new BlockGradient(
            backend, block, MixerGradient.Of(backend, block.Mixer, sequenceLength, weightOf), GradientOf))];
        Parameters = [.. norms.Values.SelectMany(norm => norm.Parameters), .. blocks.SelectMany(
            block => block.Parameters)];
    }

    /// <summary>What is trained of the layer.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The layer's output for its input x [tokens x hidden], which must live until the backward
    /// pass.</summary>
    /// <returns>[tokens x hidden], a matrix that lives until the next call.</returns>
    public Matrix<float> Forward(Matrix<float> x)
    {
        Matrix<float> stream = x;
        foreach (BlockGradient block in blocks)
        {
            stream = block.Forward(isParallel ? x : stream, stream);
        }

        return stream;
    }

    /// <summary>Writes the gradients of all parameters, and returns that of the input, a new matrix.</summary>
    /// <param name="dy">The output's gradient, [tokens x hidden].</param>
    public Matrix<float> Backward(Matrix<float> dy)
    {
        foreach (NormGradient norm in norms.Values)
        {
            norm.Begin();
        }

        // In a parallel layer every block took in the layer's input; else what was before it, so that the two gradients
        // add up.
        Matrix<float>? ofInput = null;
        Matrix<float> stream = dy;
        foreach (BlockGradient block in blocks.Reverse())
        {
            (Matrix<float>? before, Matrix<float> input) = block.Backward(stream);
            Matrix<float> next = before ?? stream;
            if (isParallel)
            {
                AddTo(input, ofInput);
                ofInput?.Dispose();
                ofInput = input;
            }
            else
            {
                AddTo(input, next);
                before?.Dispose();
                next = input;
            }

            if (stream != dy && stream != next)
            {
                stream.Dispose();
            }

            stream = next;
        }

        if (ofInput is null)
        {
            return stream;
        }

        AddTo(ofInput, stream);
        if (stream != dy)
        {
            stream.Dispose();
        }

        return ofInput;
    }

    /// <summary>Forgets what the last forward pass kept.</summary>
    public void Forget()
    {
        foreach (BlockGradient block in blocks)
        {
            block.Forget();
        }
    }

    private NormGradient GradientOf(Norm norm)
        => norms.TryGetValue(norm, out NormGradient? known) ? known : norms[norm] = new NormGradient(backend, norm);

    private void AddTo(Matrix<float> sum, Matrix<float>? x)
    {
        if (x is not null)
        {
            backend.Combine(1, sum, 1, x, sum);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BlockGradient block in blocks)
        {
            block.Dispose();
        }

        foreach (NormGradient norm in norms.Values)
        {
            norm.Dispose();
        }
    }
}
