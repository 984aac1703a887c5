using SparseLlm.Models.Layers;
using SparseLlm.Numerics;

namespace SparseLlm.Pruning.Gradients;

/// <summary>
/// A mixture of experts, back through the experts that each token took and through the router's weights. Nothing in it
/// is trained: Adam would need all of the experts, and twice as much again, in memory at once. Experts are loaded one
/// at a time, forward and back.
/// </summary>
internal sealed class ExpertsGradient(IBackend backend, Experts experts) : MixerGradient
{
    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Matrix<float> Forward(Matrix<float> input) => experts.Forward(input, sequenceLength: 1);

    /// <inheritdoc/>
    public override Matrix<float> Backward(Matrix<float> input, Matrix<float> dy)
    {
        Routing routing = experts.Route(input);
        Matrix<float> dx = backend.Allocate<float>(input.Rows, input.Columns);
        var weightGradients = new float[input.Rows * experts.Definition.Experts.Count];
        for (int expert = 0; expert < experts.Definition.Experts.Count; expert++)
        {
            ExpertTokens tokens = routing.Of(expert);
            if (tokens.Rows.Length > 0)
            {
                Backward(expert, tokens, input, dy, dx, weightGradients);
            }
        }

        AddRouterGradient(input, routing, weightGradients, dx);
        return dx;
    }

    private void Backward(
        int expert,
        ExpertTokens tokens,
        Matrix<float> input,
        Matrix<float> dy,
        Matrix<float> dx,
        float[] weightGradients)
    {
        using FeedForward loaded = experts.Load(expert);
        using var gradient = new FeedForwardGradient(backend, loaded, _ => null);
        using Matrix<float> routed = experts.Gather(input, tokens.Rows);
        using Matrix<float> routedGradient = experts.Gather(dy, tokens.Rows);
        using Matrix<float> output = gradient.Forward(routed);
        var products = new double[tokens.Rows.Length];
        backend.RowDots(output, routedGradient, products);
        for (int i = 0; i < products.Length; i++)
        {
            weightGradients[tokens.Rows[i] * experts.Definition.Experts.Count + expert] = (float)products[i];
        }

        using Matrix<float> inputGradient = gradient.Backward(routed, routedGradient);
        backend.AddToRows(dx, tokens.Rows, tokens.Weights, inputGradient);
    }

    /// <summary>Through the weights to the router's logits, and to the input.</summary>
    private void AddRouterGradient(Matrix<float> input, Routing routing, float[] weightGradients, Matrix<float> dx)
    {
        using Matrix<float> logits = experts.Router.Apply(input);
        var host = new float[logits.Length];
        backend.Download<float>(logits, host);
        backend.Upload<float>(routing.LogitGradients(host, weightGradients), logits);
        backend.Multiply(logits, false, experts.Router.Weight, false, dx, beta: 1);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
