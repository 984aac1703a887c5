using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>
/// Token ids to the residual stream. Only the rows that are asked for are read: the whole token table of a large
/// vocabulary would take more memory than a decoder layer.
/// </summary>
internal sealed class Embedding(IBackend backend, WeightLoader loader, EmbeddingDefinition definition)
{
    /// <summary>The residual stream [tokens x hidden] for ids in sequences of <paramref name="sequenceLength"/>.</summary>
    public Matrix<float> Embed(ReadOnlySpan<int> ids, int sequenceLength)
    {
        Matrix<float> hidden = EmbedTokens(ids);
        if (definition.Multiplier != 1)
        {
            backend.Combine(definition.Multiplier, hidden, 0, hidden, hidden);
        }

        if (definition.Projection is not null)
        {
            using Linear projection = loader.Load(definition.Projection);
            using Matrix<float> narrow = hidden;
            hidden = projection.Apply(narrow);
        }

        if (definition.Positions is not null)
        {
            AddPositions(hidden, definition.Positions, sequenceLength);
        }

        return hidden;
    }

    private Matrix<float> EmbedTokens(ReadOnlySpan<int> ids)
    {
        int[] distinct = [.. ids.ToArray().Distinct().Order()];
        int[] rows = new int[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            rows[i] = Array.BinarySearch(distinct, ids[i]);
        }

        using Matrix<float> table = loader.LoadRows(definition.Tokens, distinct);
        Matrix<float> tokens = backend.AllocateUninitialized<float>(ids.Length, definition.Tokens.Columns);
        backend.Embed(table, rows, tokens);
        return tokens;
    }

    private void AddPositions(Matrix<float> hidden, TensorShape table, int sequenceLength)
    {
        using Matrix<float> positions = loader.LoadRows(table, definition.PositionOffset, sequenceLength);
        for (int start = 0; start < hidden.Rows; start += sequenceLength)
        {
            using Matrix<float> sequence = hidden.Slice(start, sequenceLength);
            backend.Combine(1, sequence, 1, positions, sequence);
        }
    }
}
