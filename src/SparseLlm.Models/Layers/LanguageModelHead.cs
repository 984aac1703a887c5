using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>A loaded head: the last layer's output to logits and losses.</summary>
public sealed class LanguageModelHead(
    IBackend backend, HeadDefinition definition, Norm? norm, Linear? projection, Matrix<float> tokens,
    Matrix<float>? bias) : IDisposable
{
    // 64 MB of logits at a time.
    private const int LogitsPerChunk = 1 << 24;

    /// <summary>Names and shapes.</summary>
    public HeadDefinition Definition { get; } = definition;

    /// <summary>As many tokens as logits should be made for at a time.</summary>
    public int TokensPerChunk => Math.Max(1, LogitsPerChunk / tokens.Rows);

    /// <summary>The final norm, if the model has one.</summary>
    public Norm? Norm { get; } = norm;

    /// <summary>The logits of every token, as a new matrix.</summary>
    /// <param name="hidden">The last layer's output, [tokens x hidden].</param>
    /// <returns>[tokens x vocabulary].</returns>
    public Matrix<float> Logits(Matrix<float> hidden)
    {
        using Matrix<float>? normalized = Norm?.Apply(hidden);
        return LogitsOfNormalized(normalized ?? hidden);
    }

    /// <summary>What the table is multiplied by, as a new matrix.</summary>
    /// <param name="hidden">The last layer's output, [tokens x hidden].</param>
    internal Matrix<float> TableInputs(Matrix<float> hidden)
    {
        using Matrix<float>? normalized = Norm?.Apply(hidden);
        return projection?.Apply(normalized ?? hidden) ?? backend.CopyOf(normalized ?? hidden);
    }

    /// <summary>The logits of every token, from what has been through the final norm (if there is one).</summary>
    public Matrix<float> LogitsOfNormalized(Matrix<float> normalized)
    {
        using Matrix<float>? projected = projection?.Apply(normalized);
        Matrix<float> logits = backend.AllocateUninitialized<float>(normalized.Rows, tokens.Rows);
        backend.Multiply(projected ?? normalized, false, tokens, true, logits);
        if (bias is not null)
        {
            backend.AddRow(logits, bias);
        }

        if (Definition.Scale != 1)
        {
            backend.Combine(Definition.Scale, logits, 0, logits, logits);
        }

        if (Definition.Cap is { } cap)
        {
            backend.SoftCap(logits, cap, logits);
        }

        return logits;
    }

    /// <summary>The derivative through <see cref="LogitsOfNormalized"/>.</summary>
    /// <param name="logits">What it gave, [tokens x vocabulary]; not looked at where there is no cap.</param>
    /// <param name="logitsGradient">[tokens x vocabulary]; changed.</param>
    /// <param name="normalizedGradient">Receives the gradient of its argument, [tokens x hidden].</param>
    public void LogitsGradient(Matrix<float> logits, Matrix<float> logitsGradient, Matrix<float> normalizedGradient)
    {
        if (Definition.Cap is { } cap)
        {
            backend.SoftCapGradient(logits, cap, logitsGradient, logitsGradient);
        }

        if (Definition.Scale != 1)
        {
            backend.Combine(Definition.Scale, logitsGradient, 0, logitsGradient, logitsGradient);
        }

        if (projection is null)
        {
            backend.Multiply(logitsGradient, false, tokens, false, normalizedGradient);
            return;
        }

        using Matrix<float> projected = backend.AllocateUninitialized<float>(logitsGradient.Rows, tokens.Columns);
        backend.Multiply(logitsGradient, false, tokens, false, projected);
        backend.Multiply(projected, false, projection.Weight, false, normalizedGradient);
    }

    /// <summary>
    /// The negative log likelihood of each token given those before it in its sequence, in nats. A sequence's first
    /// token has none.
    /// </summary>
    /// <param name="hidden">The last layer's output, [tokens x hidden].</param>
    /// <param name="ids">The token ids that went in.</param>
    /// <param name="sequenceLength">Tokens per sequence; divides the number of tokens.</param>
    /// <param name="losses">Receives sequenceLength - 1 numbers per sequence.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public void Losses(Matrix<float> hidden, ReadOnlySpan<int> ids, int sequenceLength, Span<double> losses)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequenceLength, 1);
        int sequences = ids.Length / sequenceLength;
        if (hidden.Rows != ids.Length || sequences * sequenceLength != ids.Length)
        {
            throw new ArgumentException(
                $"{ids.Length} ids do not fit {hidden} in sequences of {sequenceLength}.",
                nameof(ids));
        }

        if (losses.Length != sequences * (sequenceLength - 1))
        {
            throw new ArgumentException(
                $"{sequences} sequences of {sequenceLength} tokens do not have {losses.Length} losses.",
                nameof(losses));
        }

        for (int sequence = 0; sequence < sequences; sequence++)
        {
            int predicted = sequenceLength - 1;
            for (int start = 0; start < predicted; start += TokensPerChunk)
            {
                int count = Math.Min(TokensPerChunk, predicted - start);
                int token = sequence * sequenceLength + start;
                using Matrix<float> rows = hidden.Slice(token, count);
                using Matrix<float> logits = Logits(rows);
                backend.CrossEntropy(
                    logits,
                    ids.Slice(token + 1, count),
                    losses.Slice(sequence * predicted + start, count));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Norm?.Dispose();
        projection?.Dispose();
        tokens.Dispose();
        bias?.Dispose();
    }
}
