using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// Writes a checkpoint packed: each matrix that gets smaller by it without its zeros, everything else as it is, sharded as the source. One piece of a tensor is in memory.
/// </summary>
/// <param name="source">The dense checkpoint.</param>
/// <param name="directory">A directory for it.</param>
/// <param name="progress">Takes the share of the work that is done, from 0 to 1.</param>
/// <param name="cancellation">Stops in between.</param>
public sealed class PackedCheckpointWriter(Checkpoint source, string directory, Action<double> progress, CancellationToken cancellation)
{
    // Where a vector register can begin, and a line of a processor's cache. Pages of a mapped file are multiples of it.
    private const int Alignment = 64;
    private const int PieceLength = 1 << 20;

    private readonly Dictionary<string, (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts)> chosen = [];
    private readonly HashSet<string> names = [.. source.Tensors.Select(tensor => tensor.Name)];
    private readonly WorkDone work = new(2 * source.Tensors.Sum(tensor => tensor.ByteLength), progress);

    /// <summary>Writes the shards, their index if there is one, and <c>sparsellm.json</c>.</summary>
    /// <exception cref="DiagnosticException">The source is packed already or cannot be read, or a file cannot be written.</exception>
    public void Write()
    {
        EncodingFile.RequireUnpacked(source.Directory, "packing");
        Choose();
        Dictionary<string, byte[]> headers = [];
        Dictionary<string, string> index = [];
        long size = 0;
        foreach (string shard in source.Shards)
        {
            headers.Add(shard, SafetensorsHeader.ReadJson(Path.Combine(source.Directory, shard)));
            IReadOnlyList<Slot> slots = WriteShard(shard);
            size += slots.Sum(slot => slot.Part.ByteLength);
            foreach (Slot slot in slots.Where(slot => (source.ListedIn(slot.Tensor.Name) ?? shard) == shard))
            {
                index.Add(slot.Name, shard);
            }
        }

        if (source.IsSharded)
        {
            ShardIndex.Write(Path.Combine(directory, ShardIndex.FileName), index, size);
        }

        new EncodingFile(
            source.Tensors.Where(tensor => chosen.ContainsKey(tensor.Name)).ToDictionary(tensor => tensor.Name, tensor => chosen[tensor.Name].Encoding),
            headers,
            source.IsSharded ? FileBytes.ReadAll(source.MainFile) : null).Write(directory);
    }

    private void Choose()
    {
        // A tensor of which there are older copies is found by loaders in one place or the other, so all of them stay as they are.
        HashSet<string> copied = [.. source.Superseded.Select(tensor => tensor.Name)];
        foreach (TensorInfo tensor in source.Tensors)
        {
            if (copied.Contains(tensor.Name) || !MatrixShape.TryOf(tensor, out MatrixShape matrix))
            {
                work.Add(tensor.ByteLength);
            }
            else if (new MatrixScan(source, tensor, matrix).Choose(work.Add, cancellation) is { } choice && !choice.Parts.Any(part => names.Contains(tensor.Name + part.Suffix)))
            {
                chosen.Add(tensor.Name, choice);
            }
        }
    }

    private IReadOnlyList<Slot> WriteShard(string shard)
    {
        IReadOnlyList<Slot> slots = Lay(source.Tensors.Concat(source.Superseded).Where(tensor => tensor.Shard == shard));
        string path = Path.Combine(directory, shard);
        byte[] header = SafetensorsHeaderWriter.Write(slots.Select(slot => (slot.Name, slot.Part.ElementType, slot.Part.Shape)), Alignment);
        using SafeFileHandle file = FileBytes.Create(path);
        FileBytes.Write(file, 0, header, path);
        foreach (IGrouping<TensorInfo, Slot> tensor in slots.GroupBy(slot => slot.Tensor))
        {
            var writer = new PartWriter(file, path, source.PathOf(tensor.Key), header.Length, tensor.ToDictionary(slot => slot.Part.Suffix));
            if (chosen.TryGetValue(tensor.Key.Name, out (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts) choice))
            {
                WritePacked(tensor.Key, choice.Encoding, writer);
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

    /// <summary>What the shard has in which order: what is read together is together; dimensions, which are read once, come last. All but these begin at multiples of the alignment.</summary>
    private List<Slot> Lay(IEnumerable<TensorInfo> tensors)
    {
        List<Slot> slots = [];
        List<Slot> dimensions = [];
        long end = 0;
        foreach (TensorInfo tensor in tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength))
        {
            foreach (StoredPart part in PartsOf(tensor))
            {
                if (part.Suffix == StoredPart.Dimensions)
                {
                    dimensions.Add(new Slot(tensor, part, 0));
                }
                else
                {
                    Add(new Slot(tensor, part, 0), isAligned: true);
                }
            }
        }

        for (int i = 0; i < dimensions.Count; i++)
        {
            Add(dimensions[i], isAligned: i == 0);
        }

        return slots;

        void Add(Slot slot, bool isAligned)
        {
            long gap = (Alignment - end % Alignment) % Alignment;
            if (isAligned && gap > 0 && slots[^1] is var before && !names.Contains(before.Name + StoredPart.Padding))
            {
                slots.Add(new Slot(before.Tensor, new StoredPart(before.Part.Suffix + StoredPart.Padding, ElementType.U8, [gap]), end));
                end += gap;
            }

            slots.Add(slot with { Begin = end });
            end += slot.Part.ByteLength;
        }
    }

    private IReadOnlyList<StoredPart> PartsOf(TensorInfo tensor) =>
        chosen.TryGetValue(tensor.Name, out (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts) choice) ? choice.Parts : [new StoredPart("", tensor.ElementType, tensor.Shape)];

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
        byte[] masks = [];
        byte[] values = [];
        long[] starts = [];
        long kept = 0;
        new MatrixScan(source, tensor, matrix).Run(
            rows =>
            {
                int count = rows.Length / matrix.RowBytes;
                if (count > starts.Length)
                {
                    (masks, values, starts) = (new byte[count * matrix.MaskBytes], new byte[rows.Length + RowMask.Slack], new long[count]);
                }

                int length = 0;
                for (int row = 0; row < count; row++)
                {
                    ReadOnlySpan<byte> weights = rows.Slice(row * matrix.RowBytes, matrix.RowBytes);
                    Span<byte> mask = masks.AsSpan(row * matrix.MaskBytes, matrix.MaskBytes);
                    encoding.Select(weights, matrix, mask);
                    starts[row] = kept;
                    int written = RowMask.Compact(weights, mask, matrix.ElementBytes, values.AsSpan(length));
                    kept += written / matrix.ElementBytes;
                    length += written;
                }

                writer.Append(StoredPart.Values, values.AsMemory(0, length));
                writer.Append(StoredPart.Mask, masks.AsMemory(0, count * matrix.MaskBytes));
                if (writer.Has(StoredPart.RowOffsets))
                {
                    writer.Append(StoredPart.RowOffsets, starts.AsSpan(0, count));
                }

                work.Add(rows.Length);
            },
            cancellation);
        writer.Append(StoredPart.Dimensions, [.. tensor.Shape]);
    }

    /// <summary>A tensor of the packed shard.</summary>
    /// <param name="Tensor">The tensor of the source that it is, or is part of.</param>
    /// <param name="Part">The part.</param>
    /// <param name="Begin">Its first byte, behind the header.</param>
    private sealed record Slot(TensorInfo Tensor, StoredPart Part, long Begin)
    {
        public string Name => Tensor.Name + Part.Suffix;
    }

    /// <summary>Writes the parts of a tensor, each from its beginning to its end.</summary>
    private sealed class PartWriter(SafeFileHandle file, string path, string sourcePath, long dataStart, IReadOnlyDictionary<string, Slot> slots)
    {
        private readonly Dictionary<string, long> written = [];

        public bool Has(string suffix) => slots.ContainsKey(suffix);

        public void Append(string suffix, ReadOnlyMemory<byte> bytes)
        {
            long done = written.GetValueOrDefault(suffix);
            Require(done + bytes.Length <= slots[suffix].Part.ByteLength);
            FileBytes.Write(file, dataStart + slots[suffix].Begin + done, bytes, path);
            written[suffix] = done + bytes.Length;
        }

        public void Append(string suffix, ReadOnlySpan<long> numbers)
        {
            byte[] bytes = new byte[numbers.Length * sizeof(long)];
            for (int i = 0; i < numbers.Length; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), numbers[i]);
            }

            Append(suffix, bytes);
        }

        public void Complete()
        {
            foreach ((string suffix, Slot slot) in slots)
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
                    new SourceLocation(sourcePath), "the file has changed while it was packed; pack it when nothing writes to it any more");
            }
        }
    }
}
