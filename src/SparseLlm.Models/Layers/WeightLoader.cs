using System.Buffers;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>Brings tensors of a checkpoint to a backend, in pieces, and refuses weights that are not finite.</summary>
internal sealed class WeightLoader(Checkpoint checkpoint, IBackend backend)
{
    private const int PieceLength = 1 << 20;

    /// <summary>A decoder layer with all of its weights.</summary>
    public DecoderLayer Load(LayerDefinition definition)
    {
        AttentionDefinition attention = definition.Attention;
        FeedForwardDefinition feedForward = definition.FeedForward;
        return new DecoderLayer(
            backend,
            definition,
            Load(definition.AttentionNorm),
            new Attention(
                backend, attention, Load(attention.Query), Load(attention.Key), Load(attention.Value), Load(attention.Output)),
            Load(definition.FeedForwardNorm),
            new FeedForward(
                backend,
                feedForward,
                feedForward.Gate is null ? null : Load(feedForward.Gate),
                Load(feedForward.Up),
                Load(feedForward.Down)));
    }

    /// <summary>A linear layer with its weights.</summary>
    public Linear Load(LinearDefinition definition) => new(
        backend,
        definition,
        Load(new TensorShape(definition.WeightName, definition.Outputs, definition.Inputs)),
        definition.HasBias ? Load(TensorShape.Vector(definition.BiasName, definition.Outputs)) : null);

    /// <summary>A normalisation with its weights.</summary>
    public Norm Load(NormDefinition definition) => new(
        backend,
        definition,
        definition.IsAffine ? Load(TensorShape.Vector(definition.GainName, definition.Width)) : null,
        definition.HasBias ? Load(TensorShape.Vector(definition.BiasName, definition.Width)) : null);

    /// <summary>A whole tensor.</summary>
    public Matrix<float> Load(TensorShape shape) => LoadRows(shape, 0, shape.Rows);

    /// <summary>Consecutive rows of a tensor.</summary>
    public Matrix<float> LoadRows(TensorShape shape, int first, int count) =>
        Load(shape, count, (tensor, start, rows, destination) =>
            checkpoint.Read(tensor, (long)(first + start) * shape.Columns, destination));

    /// <summary>The given rows of a tensor, in that order.</summary>
    public Matrix<float> LoadRows(TensorShape shape, int[] rows) =>
        Load(shape, rows.Length, (tensor, start, count, destination) =>
        {
            for (int row = 0; row < count; row++)
            {
                Span<float> values = destination.Slice(row * shape.Columns, shape.Columns);
                checkpoint.Read(tensor, (long)rows[start + row] * shape.Columns, values);
            }
        });

    private delegate void PieceReader(TensorInfo tensor, int first, int count, Span<float> destination);

    private Matrix<float> Load(TensorShape shape, int rows, PieceReader read)
    {
        if (!checkpoint.TryGet(shape.Name, out TensorInfo? tensor))
        {
            throw new ArgumentException($"The checkpoint has no tensor '{shape.Name}'.", nameof(shape));
        }

        Matrix<float> matrix = backend.AllocateUninitialized<float>(rows, shape.Columns);
        int pieceRows = Math.Max(1, PieceLength / shape.Columns);
        float[] buffer = ArrayPool<float>.Shared.Rent(pieceRows * shape.Columns);
        try
        {
            for (int start = 0; start < rows; start += pieceRows)
            {
                int count = Math.Min(pieceRows, rows - start);
                Span<float> piece = buffer.AsSpan(0, count * shape.Columns);
                read(tensor, start, count, piece);
                using Matrix<float> slice = matrix.Slice(start, count);
                backend.Upload<float>(piece, slice);
            }

            CheckFinite(tensor, matrix);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    private void CheckFinite(TensorInfo tensor, Matrix<float> matrix)
    {
        if (backend.FirstNonFinite(matrix) >= 0)
        {
            throw checkpoint.NonFinite(tensor);
        }
    }
}
