namespace SparseLlm.Models.Checkpoints;

/// <summary>A shard as a copy of its checkpoint has it: a safetensors file, whatever the source is.</summary>
/// <param name="Source">The shard's name in the source.</param>
/// <param name="Name">Its name in the copy.</param>
/// <param name="Tensors">Its tensors in the order of the copy.</param>
/// <param name="Header">The JSON in the header of the copy.</param>
internal sealed record CopiedShard(string Source, string Name, IReadOnlyList<TensorInfo> Tensors, byte[] Header)
{
    // As the reference implementation has it.
    private const int Alignment = 8;

    /// <summary>The copy of a safetensors file, which stays as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shard">Its name in the checkpoint.</param>
    /// <param name="tensors">Its tensors.</param>
    public static CopiedShard OfSafetensors(string path, string shard, IEnumerable<TensorInfo> tensors) =>
        new(
            shard,
            shard,
            [.. tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength)],
            SafetensorsHeader.ReadJson(path));

    /// <summary>The copy of a file of another form, in the order in which the reference implementation would have
    /// written it.</summary>
    /// <param name="shard">The file's name in the checkpoint.</param>
    /// <param name="tensors">Its tensors.</param>
    public static CopiedShard OfOther(string shard, IEnumerable<TensorInfo> tensors)
    {
        TensorInfo[] order = [.. tensors.OrderByDescending(tensor => tensor.ElementType)
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        byte[] header = SafetensorsHeaderWriter.Write(
            order.Select(tensor => (tensor.Name, tensor.ElementType, tensor.Shape)),
            Alignment);
        return new CopiedShard(shard, CheckpointForm.NameInCopy(shard), order, header[sizeof(ulong)..]);
    }
}
