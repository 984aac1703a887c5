using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>A part of a tensor of a GGUF file: a matrix or vector of the checkpoint, perhaps with its outputs in
/// another order, or its values scaled or moved.</summary>
/// <param name="Slice">The matrix or vector.</param>
internal sealed record TensorPart(TensorSlice Slice)
{
    /// <summary>The heads of whose channels those that turn together are brought together: channel c and c + width / 2
    /// become 2c and 2c + 1. 0 for none.</summary>
    public int InterleavedHeads { get; init; }

    /// <summary>What values are multiplied by, after <see cref="Offset"/> is added.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>What is added to values.</summary>
    public float Offset { get; init; }

    /// <summary>How many values.</summary>
    public long Length => (long)Slice.Rows * Slice.Columns;

    /// <summary>Opens it for reading in order.</summary>
    public Reader Open(Checkpoint checkpoint) => new(this, checkpoint);

    /// <summary>Where an output of the part is in the slice.</summary>
    private int Source(int output, int outputs)
    {
        if (InterleavedHeads == 0)
        {
            return output;
        }

        int width = outputs / InterleavedHeads;
        int channel = output % width;
        return output - channel + channel % 2 * (width / 2) + channel / 2;
    }

    /// <summary>Reads a part, whole rows at a time.</summary>
    internal sealed class Reader(TensorPart part, Checkpoint checkpoint)
    {
        private readonly SliceReader reader = new(part.Slice, checkpoint);

        /// <summary>Reads rows from one on; of a vector, all of it.</summary>
        public void Read(int first, Span<float> values)
        {
            TensorSlice slice = part.Slice;
            if (part.InterleavedHeads == 0)
            {
                reader.Read(first, values);
            }
            else if (slice.Tensor.IsVector)
            {
                var stored = new float[slice.Columns];
                reader.Read(0, stored);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = stored[part.Source(i, slice.Columns)];
                }
            }
            else
            {
                for (int row = 0; row * slice.Columns < values.Length; row++)
                {
                    reader.Read(part.Source(first + row, slice.Rows), values.Slice(row * slice.Columns, slice.Columns));
                }
            }

            if (part.Factor != 1 || part.Offset != 0)
            {
                foreach (ref float value in values)
                {
                    value = (value + part.Offset) * part.Factor;
                }
            }
        }
    }
}
