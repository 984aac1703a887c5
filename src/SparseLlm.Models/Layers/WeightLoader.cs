using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics;

namespace SparseLlm.Models.Layers;

/// <summary>Brings tensors of a checkpoint to a backend, in pieces, and refuses weights that are not finite.</summary>
/// <param name="checkpoint">The checkpoint.</param>
/// <param name="backend">Where to.</param>
/// <param name="overlay">What stands in the place of the checkpoint's values.</param>
internal class WeightLoader(Checkpoint checkpoint, IBackend backend, TensorOverlay? overlay = null)
{
    /// <summary>The checkpoint.</summary>
    protected Checkpoint Checkpoint { get; } = checkpoint;

    /// <summary>A decoder layer with its weights, but for experts. A norm that several blocks name is loaded
    /// once.</summary>
    public DecoderLayer Load(LayerDefinition definition)
    {
        Dictionary<NormDefinition, Norm> norms = new(ReferenceEqualityComparer.Instance);
        Norm? Shared(NormDefinition? norm)
            => norm is null ? null : norms.TryGetValue(norm, out Norm? known) ? known : norms[norm] = Load(norm);
        Block[] blocks = [.. definition.Blocks.Select(block => new Block(
            backend, block, Shared(block.InputNorm), Load(block.Mixer), Shared(
                block.OutputNorm), Shared(block.SumNorm), definition.ResidualMultiplier))];
        return new DecoderLayer(definition, blocks, [.. norms.Values]);
    }

    /// <summary>A mixer with its weights, but for experts.</summary>
    private Mixer Load(MixerDefinition definition) => definition switch
    {
        AttentionDefinition attention => Load(attention),
        FeedForwardDefinition feedForward => Load(feedForward),
        ExpertsDefinition experts => new Experts(
            backend,
            experts,
            Load(experts.Router),
            expert => Load(experts.Experts[expert])),
        _ => throw new ArgumentException($"There is no mixer for {definition.GetType()}.", nameof(definition)),
    };

    private Attention Load(AttentionDefinition definition) => Assemble(new AttentionParts(
        definition,
        Load(definition.Query),
        Load(definition.Key),
        Load(definition.Value),
        Load(definition.Output),
        definition.QueryNorm is null ? null : Load(definition.QueryNorm),
        definition.KeyNorm is null ? null : Load(definition.KeyNorm),
        definition.Sinks is null ? null : Load(definition.Sinks)));

    /// <summary>An attention block of its loaded parts.</summary>
    protected virtual Attention Assemble(AttentionParts parts) => new(backend, parts);

    private FeedForward Load(FeedForwardDefinition definition) => new(
        backend,
        definition,
        definition.Gate is null ? null : Load(definition.Gate),
        Load(definition.Up),
        Load(definition.Down));

    /// <summary>A linear layer with its weights.</summary>
    public Linear Load(LinearDefinition definition) =>
        new(backend, definition, LoadFactor(definition.Weight), definition.Bias is null ? null : Load(definition.Bias));

    /// <summary>The head with its weights.</summary>
    public LanguageModelHead Load(HeadDefinition definition) => new(
        backend,
        definition,
        definition.Norm is null ? null : Load(definition.Norm),
        definition.Projection is null ? null : Load(definition.Projection),
        LoadFactor(new TensorSlice(definition.Tokens)),
        definition.Bias is null ? null : Load(definition.Bias));

    /// <summary>A matrix that activations are multiplied by, and that is used for nothing else.</summary>
    protected virtual Matrix<float> LoadFactor(TensorSlice slice) => Load(slice);

    /// <summary>A normalisation with its weights.</summary>
    public Norm Load(NormDefinition definition) => new(
        backend,
        definition,
        definition.Gain.Count == 0 ? null : Stacked(definition.Gain),
        definition.Bias is null ? null : Load(definition.Bias));

    /// <summary>A matrix or vector; a vector is a matrix of one row.</summary>
    public Matrix<float> Load(TensorSlice slice)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(slice.Rows, slice.Columns);
        return Fill(matrix, slice);
    }

    /// <summary>The given rows of a tensor, in that order.</summary>
    public virtual Matrix<float> LoadRows(TensorShape shape, int[] rows)
    {
        TensorInfo tensor = Checkpoint[shape.Name];
        int rowSize = shape.Columns * tensor.ElementType.Size();
        Matrix<float> matrix = backend.AllocateUninitialized<float>(rows.Length, shape.Columns);
        return Fill(matrix, tensor, (start, bytes) =>
        {
            for (int row = 0; row * rowSize < bytes.Length; row++)
            {
                Checkpoint.ReadBytes(tensor, (long)rows[start + row] * rowSize, bytes.Slice(row * rowSize, rowSize));
            }
        });
    }

    private Matrix<float> Stacked(IReadOnlyList<TensorSlice> slices)
    {
        Matrix<float> matrix = backend.AllocateUninitialized<float>(slices.Sum(slice => slice.Rows), slices[0].Columns);
        int row = 0;
        foreach (TensorSlice slice in slices)
        {
            using Matrix<float> rows = matrix.Slice(row, slice.Rows);
            Fill(rows, slice);
            row += slice.Rows;
        }

        return matrix;
    }

    private Matrix<float> Fill(Matrix<float> matrix, TensorSlice slice)
    {
        TensorInfo tensor = Checkpoint[slice.Tensor.Name];
        var reader = new SliceReader(
            slice,
            Checkpoint.FormatOf(tensor),
            (first, bytes) => Read(slice, tensor, first, bytes));
        return Fill(matrix, tensor, reader.ReadBytes);
    }

    private delegate void RowReader(int first, Span<byte> bytes);

    /// <summary>Numbers go to the backend as they are stored: that is half of what they take there.</summary>
    private Matrix<float> Fill(Matrix<float> matrix, TensorInfo tensor, RowReader read)
    {
        NumberFormat format = Checkpoint.FormatOf(tensor);
        try
        {
            matrix.ForEachPiece(format.Size(), (first, rows, bytes) =>
            {
                read(first, bytes);
                backend.Upload(bytes, format, rows);
            });
            return backend.FirstNonFinite(matrix) < 0 ? matrix : throw Checkpoint.NonFinite(tensor);
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of a slice's plane, from one on.</summary>
    private void Read(TensorSlice slice, TensorInfo tensor, long first, Span<byte> bytes)
    {
        if (overlay?.Find(slice) is { } values)
        {
            values.AsSpan((int)first, bytes.Length).CopyTo(bytes);
            return;
        }

        Checkpoint.ReadBytes(tensor, slice.Plane * slice.Tensor.PlaneLength * tensor.ElementType.Size() + first, bytes);
    }
}
