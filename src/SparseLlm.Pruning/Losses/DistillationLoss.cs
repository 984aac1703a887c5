using SparseLlm.Models.Layers;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Gradients;

namespace SparseLlm.Pruning.Losses;

/// <summary>
/// KL(softmax(dense logits) || softmax(logits)) through final norm and head, per token (Hinton et al. 2015). The final
/// norm is trained, the head's tables are not. Targets are the dense model's activations behind the dense final norm.
/// </summary>
internal sealed class DistillationLoss : ITuningLoss
{
    private readonly IBackend backend;
    private readonly LanguageModelHead head;
    private readonly LanguageModelHead denseHead;
    private readonly NormGradient? norm;

    /// <summary>The loss behind a head, whose final norm will be changed.</summary>
    /// <param name="backend">Where it lives.</param>
    /// <param name="head">The head.</param>
    /// <param name="denseHead">The dense model's head, where that has other tables.</param>
    public DistillationLoss(IBackend backend, LanguageModelHead head, LanguageModelHead? denseHead = null)
    {
        this.backend = backend;
        this.head = head;
        this.denseHead = denseHead ?? head;
        norm = head.Norm is null ? null : new NormGradient(backend, head.Norm);
        Parameters = [.. norm?.Parameters ?? []];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public double Evaluate(Matrix<float> output, Matrix<float> target, Matrix<float> gradient)
    {
        if (norm is null)
        {
            return EvaluateNormalized(output, target, gradient);
        }

        using Matrix<float> normalized = head.Norm!.Apply(output);
        using Matrix<float> normalizedGradient = backend.AllocateUninitialized<float>(output.Rows, output.Columns);
        double loss = EvaluateNormalized(normalized, target, normalizedGradient);
        norm.Begin();
        using Matrix<float> outputGradient = norm.Backward(output, normalizedGradient);
        backend.Copy(outputGradient, gradient);
        return loss;
    }

    private double EvaluateNormalized(Matrix<float> normalized, Matrix<float> target, Matrix<float> gradient)
    {
        double loss = 0;
        for (int start = 0; start < normalized.Rows; start += head.TokensPerChunk)
        {
            int count = Math.Min(head.TokensPerChunk, normalized.Rows - start);
            using Matrix<float> rows = normalized.Slice(start, count);
            using Matrix<float> targetRows = target.Slice(start, count);
            using Matrix<float> gradientRows = gradient.Slice(start, count);
            using Matrix<float> teacher = denseHead.LogitsOfNormalized(targetRows);
            using Matrix<float> student = head.LogitsOfNormalized(rows);

            // Through a cap, the gradient needs the logits themselves.
            using Matrix<float>? separate = head.Definition.Cap is null
                ? null
                : backend.AllocateUninitialized<float>(student.Rows, student.Columns);
            Matrix<float> logitsGradient = separate ?? student;
            var divergences = new double[count];
            backend.DivergenceGradient(teacher, student, 1f / normalized.Rows, divergences, logitsGradient);
            head.LogitsGradient(student, logitsGradient, gradientRows);
            loss += divergences.Sum() / normalized.Rows;
        }

        return loss;
    }

    /// <inheritdoc/>
    public void Dispose() => norm?.Dispose();
}
