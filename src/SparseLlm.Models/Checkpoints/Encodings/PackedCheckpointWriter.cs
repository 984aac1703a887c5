using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Writes a checkpoint packed: each matrix that gets smaller by it without its zeros, everything else as it is, sharded
/// as the source. One piece of a tensor is in memory.
/// </summary>
/// <param name="source">The dense checkpoint.</param>
/// <param name="directory">A directory for it.</param>
/// <param name="progress">Takes the share of the work that is done, from 0 to 1.</param>
/// <param name="cancellation">Stops in between.</param>
public sealed class PackedCheckpointWriter(
    Checkpoint source,
    string directory,
    Action<double> progress,
    CancellationToken cancellation)
{
    /// <summary>Raised whenever a change of the writer changes bytes.</summary>
    public const int Revision = 2;

    private const int PieceLength = 1 << 20;

    private readonly WorkDone work = new(2 * source.Tensors.Sum(tensor => tensor.ByteLength), progress);

    /// <summary>Writes the shards, their index if there is one, and <c>sparsellm.json</c>.</summary>
    /// <exception cref="DiagnosticException">The source is packed already or cannot be read, or a file cannot be
    /// written.</exception>
    public void Write()
    {
        EncodingFile.RequireUnpacked(source.Directory, "packing");
        PackedLayout layout = PackedLayout.Of(source, work.Add, cancellation);
        Dictionary<string, byte[]> headers = [];
        Dictionary<string, string> index = [];
        long size = 0;
        foreach (CopiedShard shard in source.Copies)
        {
            headers.Add(shard.Name, shard.Header);
            IReadOnlyList<PackedSlot> slots = WriteShard(layout, shard);
            size += slots.Sum(slot => slot.Part.ByteLength);
            foreach (PackedSlot slot in slots.Where(
                slot => (source.ListedIn(slot.Tensor.Name) ?? shard.Source) == shard.Source))
            {
                index.Add(slot.Name, shard.Name);
            }
        }

        if (source.IsSharded)
        {
            FileBytes.WriteAll(Path.Combine(directory, ShardIndex.FileName), ShardIndex.Format(index, size));
        }

        new EncodingFile(
            layout.Encodings,
            headers,
            source.IndexOfCopy).Write(directory);
    }

    private IReadOnlyList<PackedSlot> WriteShard(PackedLayout layout, CopiedShard shard)
    {
        IReadOnlyList<PackedSlot> slots = layout.Lay(shard);
        string path = Path.Combine(directory, shard.Name);
        byte[] header = PackedLayout.Header(slots);
        using SafeFileHandle file = FileBytes.Create(path);
        FileBytes.Write(file, 0, header, path);
        foreach (IGrouping<TensorInfo, PackedSlot> tensor in slots.GroupBy(slot => slot.Tensor))
        {
            var writer = new PartWriter(
                file,
                path,
                source.PathOf(tensor.Key),
                header.Length,
                tensor.ToDictionary(slot => slot.Part.Suffix));
            if (layout.EncodingOf(tensor.Key) is { } encoding)
            {
                WritePacked(tensor.Key, encoding, writer);
            }
            else
            {
                Copy(tensor.Key, writer);
            }

            writer.Complete();
        }

        FileBytes.Flush(file, path);
        return slots;
    }

    private void Copy(TensorInfo tensor, PartWriter writer)
    {
        byte[] buffer = new byte[(int)Math.Min(PieceLength, tensor.ByteLength)];
        for (long done = 0; done < tensor.ByteLength; done += buffer.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, tensor.ByteLength - done));
            source.ReadBytes(tensor, done, piece.Span);
            writer.Append("", piece);
            work.Add(piece.Length);
        }
    }

    private void WritePacked(TensorInfo tensor, IWeightEncoding encoding, PartWriter writer)
    {
        MatrixShape.TryOf(tensor, out MatrixShape matrix);
        var packed = new PackedRows(encoding, matrix);
        new MatrixScan(source, tensor, matrix).Run(
            rows =>
            {
                packed.Encode(rows.Span);
                writer.Append(encoding.Kept, packed.Values);
                writer.AppendIfThere(StoredPart.Mask, packed.Masks);
                writer.AppendIfThere(StoredPart.Scales, packed.Scales);
                writer.AppendIfThere(StoredPart.RowOffsets, packed.Starts);
                work.Add(rows.Length);
            },
            cancellation);
        writer.AppendIfThere(StoredPart.Dimensions, [.. tensor.Shape]);
    }

    /// <summary>Writes the parts of a tensor, each from its beginning to its end.</summary>
    private sealed class PartWriter(
        SafeFileHandle file,
        string path,
        string sourcePath,
        long dataStart,
        IReadOnlyDictionary<string, PackedSlot> slots)
    {
        private readonly Dictionary<string, long> written = [];

        public void Append(string suffix, ReadOnlyMemory<byte> bytes)
        {
            long done = written.GetValueOrDefault(suffix);
            Require(done + bytes.Length <= slots[suffix].Part.ByteLength);
            FileBytes.Write(file, dataStart + slots[suffix].Begin + done, bytes, path);
            written[suffix] = done + bytes.Length;
        }

        /// <summary>Appends to a part that not every layout has.</summary>
        public void AppendIfThere(string suffix, ReadOnlyMemory<byte> bytes)
        {
            if (slots.ContainsKey(suffix))
            {
                Append(suffix, bytes);
            }
        }

        /// <summary>Appends whole numbers, in the part's own type.</summary>
        public void AppendIfThere(string suffix, ReadOnlySpan<long> numbers)
        {
            if (!slots.TryGetValue(suffix, out PackedSlot? slot))
            {
                return;
            }

            int size = slot.Part.ElementType.Size();
            byte[] bytes = new byte[numbers.Length * size];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (size == sizeof(long))
                {
                    BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * size), numbers[i]);
                }
                else
                {
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * size), (int)numbers[i]);
                }
            }

            Append(suffix, bytes);
        }

        public void Complete()
        {
            foreach ((string suffix, PackedSlot slot) in slots)
            {
                if (suffix.EndsWith(StoredPart.Padding, StringComparison.Ordinal))
                {
                    Append(suffix, new byte[slot.Part.ByteLength]);
                }

                Require(written.GetValueOrDefault(suffix) == slot.Part.ByteLength);
            }
        }

        /// <summary>The file was looked at once to see what is kept, and read again to write that.</summary>
        private void Require(bool fits)
        {
            if (!fits)
            {
                throw ModelDiagnostics.CheckpointUnreadable.Error(
                    new SourceLocation(sourcePath),
                    "the file has changed while it was packed; pack it when nothing writes to it any "
                            + "more");
            }
        }
    }
}
