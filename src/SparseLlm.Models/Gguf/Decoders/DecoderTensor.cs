using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>A tensor of a GGUF file and what it is made of: parts of the checkpoint one behind the other, or given
/// values.</summary>
/// <inheritdoc cref="GgufTensor" path="/param"/>
internal sealed record DecoderTensor(
    string Name,
    IReadOnlyList<long> Dimensions,
    GgufElementType Type) : GgufTensor(Name, Dimensions, Type)
{
    private const int PieceLength = 1 << 20;

    /// <summary>The parts.</summary>
    public IReadOnlyList<TensorPart> Parts { get; init; } = [];

    /// <summary>The values of a tensor that is in no checkpoint.</summary>
    public IReadOnlyList<float>? Values { get; init; }

    /// <summary>All values in order, in pieces of whole rows; each piece is in the same array as the one before
    /// it.</summary>
    public IEnumerable<(TensorSlice? Source, ArraySegment<float> Values)> Read(Checkpoint checkpoint)
    {
        if (Values is not null)
        {
            yield return (null, Values.ToArray());
            yield break;
        }

        var buffer = new float[Math.Min(ElementCount, Math.Max(Columns, PieceLength / Columns * Columns))];
        foreach (TensorPart part in Parts)
        {
            TensorPart.Reader reader = part.Open(checkpoint);
            TensorSlice slice = part.Slice;
            int rows = Math.Max(1, buffer.Length / slice.Columns);
            for (int first = 0; first < slice.Rows; first += rows)
            {
                var piece = new ArraySegment<float>(buffer, 0, Math.Min(rows, slice.Rows - first) * slice.Columns);
                reader.Read(first, piece);
                yield return (slice, piece);
            }
        }
    }
}
