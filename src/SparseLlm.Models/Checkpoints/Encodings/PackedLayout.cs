namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>How a dense checkpoint is stored packed: the encoding of each matrix that gets smaller by it, and what each
/// shard then holds.</summary>
public sealed class PackedLayout
{
    // Where a vector register can begin, and a line of a processor's cache. Pages of a mapped file are multiples of it.
    private const int Alignment = 64;

    private readonly Checkpoint source;
    private readonly Dictionary<string, (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts)> chosen = [];
    private readonly HashSet<string> names;

    private PackedLayout(Checkpoint source)
    {
        this.source = source;
        names = [.. source.Tensors.Select(tensor => tensor.Name)];
    }

    /// <summary>Bytes of the safetensors files.</summary>
    public long ByteLength => source.Copies
        .Sum(shard => Lay(shard) is var slots ? Header(slots).Length + slots.Sum(slot => slot.Part.ByteLength) : 0);

    /// <summary>The encodings of the tensors that are packed, by their names, in the order of the source.</summary>
    internal IReadOnlyDictionary<string, IWeightEncoding> Encodings =>
        source.Tensors.Where(tensor => chosen.ContainsKey(tensor.Name))
            .ToDictionary(tensor => tensor.Name, tensor => chosen[tensor.Name].Encoding);

    /// <summary>Looks at all weights of a dense checkpoint. One piece of a tensor is in memory.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="cancellation">Stops in between.</param>
    /// <exception cref="Diagnostics.DiagnosticException">A file cannot be read.</exception>
    public static PackedLayout Of(Checkpoint source, CancellationToken cancellation)
        => Of(source, _ => { }, cancellation);

    /// <summary>As above.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="progress">Takes the bytes of tensors that are done.</param>
    /// <param name="cancellation">Stops in between.</param>
    internal static PackedLayout Of(Checkpoint source, Action<long> progress, CancellationToken cancellation)
    {
        var layout = new PackedLayout(source);

        // A tensor of which there are older copies is found by loaders in one place or the other, so all of them stay
        // as they are.
        HashSet<string> copied = [.. source.Superseded.Select(tensor => tensor.Name)];
        foreach (TensorInfo tensor in source.Tensors)
        {
            if (copied.Contains(tensor.Name) || !MatrixShape.TryOf(tensor, out MatrixShape matrix))
            {
                progress(tensor.ByteLength);
            }
            else if (new MatrixScan(source, tensor, matrix).Choose(progress, cancellation) is { } choice
                && !choice.Parts.Any(part => layout.names.Contains(tensor.Name + part.Suffix)))
            {
                layout.chosen.Add(tensor.Name, choice);
            }
        }

        return layout;
    }

    /// <summary>Bytes that a tensor takes, without headers and padding.</summary>
    public long StoredLength(TensorInfo tensor) => PartsOf(tensor).Sum(part => part.ByteLength);

    /// <summary>The header of a shard with these tensors.</summary>
    internal static byte[] Header(IEnumerable<PackedSlot> slots) =>
        SafetensorsHeaderWriter.Write(
            slots.Select(slot => (slot.Name, slot.Part.ElementType, slot.Part.Shape)),
            Alignment);

    /// <summary>The encoding of a tensor; null where it stays as it is.</summary>
    internal IWeightEncoding? EncodingOf(TensorInfo tensor) =>
        chosen.TryGetValue(tensor.Name, out (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts) choice)
            ? choice.Encoding
            : null;

    /// <summary>What a shard has in which order: what is read together is together; dimensions, which are read once,
    /// come last. All but these begin at multiples of the alignment.</summary>
    internal IReadOnlyList<PackedSlot> Lay(CopiedShard shard)
    {
        List<PackedSlot> slots = [];
        List<PackedSlot> dimensions = [];
        long end = 0;
        foreach (TensorInfo tensor in shard.Tensors)
        {
            foreach (StoredPart part in PartsOf(tensor))
            {
                if (part.Suffix == StoredPart.Dimensions)
                {
                    dimensions.Add(new PackedSlot(tensor, part, 0));
                }
                else
                {
                    Add(new PackedSlot(tensor, part, 0), isAligned: true);
                }
            }
        }

        for (int i = 0; i < dimensions.Count; i++)
        {
            Add(dimensions[i], isAligned: i == 0);
        }

        return slots;

        void Add(PackedSlot slot, bool isAligned)
        {
            long gap = (Alignment - end % Alignment) % Alignment;
            if (isAligned && gap > 0 && slots[^1] is var before && !names.Contains(before.Name + StoredPart.Padding))
            {
                slots.Add(new PackedSlot(
                    before.Tensor,
                    new StoredPart(before.Part.Suffix + StoredPart.Padding, ElementType.U8, [gap]),
                    end));
                end += gap;
            }

            slots.Add(slot with { Begin = end });
            end += slot.Part.ByteLength;
        }
    }

    private IReadOnlyList<StoredPart> PartsOf(TensorInfo tensor) =>
        chosen.TryGetValue(tensor.Name, out (IWeightEncoding Encoding, IReadOnlyList<StoredPart> Parts) choice)
            ? choice.Parts
            : [new StoredPart("", tensor.ElementType, tensor.Shape)];
}
