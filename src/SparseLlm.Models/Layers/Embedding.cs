using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>
/// Token ids to the residual stream. Only the rows that are asked for are read: the whole token table of a large
/// vocabulary would take more memory than a decoder layer.
/// </summary>
internal sealed class Embedding(IBackend backend, WeightLoader loader, EmbeddingDefinition definition)
{
    /// <summary>The residual stream [tokens x hidden].</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="positions">The place of each in its sequence.</param>
    public Matrix<float> Embed(ReadOnlySpan<int> ids, ReadOnlySpan<int> positions)
    {
        Matrix<float> hidden = Rows(definition.Tokens, ids.ToArray());
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
            using Matrix<float> learned = Rows(
                definition.Positions,
                Array.ConvertAll(positions.ToArray(), position => definition.PositionOffset + position));
            backend.Combine(1, hidden, 1, learned, hidden);
        }

        return hidden;
    }

    /// <summary>Rows of a table, each of which is read once.</summary>
    private Matrix<float> Rows(TensorShape table, int[] rows)
    {
        int[] distinct = [.. rows.Distinct().Order()];
        using Matrix<float> read = loader.LoadRows(table, distinct);
        Matrix<float> gathered = backend.AllocateUninitialized<float>(rows.Length, table.Columns);
        backend.Embed(read, Array.ConvertAll(rows, row => Array.BinarySearch(distinct, row)), gathered);
        return gathered;
    }
}
