using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// The tensors of a packed shard under the names, types and shapes that they have without encoding, in the order of the
/// shard that they were packed from. What the shard holds, what <c>sparsellm.json</c> says and the header that is kept
/// there have to agree.
/// </summary>
/// <param name="encodings">What <c>sparsellm.json</c> says.</param>
/// <param name="shard">The shard's name.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="stored">The tensors in its header.</param>
/// <param name="read">Reads bytes of these.</param>
internal sealed class PackedShard(
    EncodingFile encodings,
    string shard,
    string path,
    IReadOnlyList<TensorInfo> stored,
    StoredReader read)
{
    private readonly Dictionary<string, TensorInfo> unclaimed = stored.ToDictionary(tensor => tensor.Name);

    /// <summary>The tensors.</summary>
    /// <exception cref="DiagnosticException">Something does not agree.</exception>
    public IReadOnlyList<TensorInfo> Resolve()
    {
        TensorInfo[] tensors = [.. SourceTensors().Select(tensor => encodings.Tensors
            .TryGetValue(tensor.Name, out IWeightEncoding? encoding)
            ? Packed(tensor, encoding)
            : Claim(tensor.Name, tensor.ElementType, tensor.Shape, tensor.Name))];
        RequirePaddingOnly();
        return tensors;
    }

    /// <summary>The tensors of the shard that this one was packed from.</summary>
    private IReadOnlyList<TensorInfo> SourceTensors()
    {
        if (!encodings.Headers.TryGetValue(shard, out byte[]? header))
        {
            throw Malformed($"{EncodingFile.FileName} keeps no header of this file");
        }

        try
        {
            return SafetensorsHeader.Parse([.. header], path, shard);
        }
        catch (DiagnosticException e)
        {
            throw Malformed(
                $"the header that {EncodingFile.FileName} keeps of this file is damaged: {e.Diagnostics[0].Message}",
                e);
        }
    }

    private TensorInfo Packed(TensorInfo source, IWeightEncoding encoding)
    {
        if (!MatrixShape.TryOf(source, out MatrixShape matrix) || !encoding.Fits(matrix))
        {
            throw Malformed($"tensor '{source.Name}' of {source.ElementType} [{string.Join(" x ", source.Shape)}] "
                + $"cannot have the layout '{encoding.Layout}' "
                + $"{(encoding.Codes is { } codes ? $"with the group {codes.Group} " : "")}"
                + $"that {EncodingFile.FileName} says");
        }

        long values = unclaimed.TryGetValue(source.Name + encoding.Kept, out TensorInfo? compressed)
            ? compressed.ElementCount
            : 0;
        Dictionary<string, TensorInfo> parts = encoding.Parts(source, matrix, values)
            .ToDictionary(
                part => part.Suffix,
                part => Claim(source.Name + part.Suffix, part.ElementType, part.Shape, source.Name));
        RequireDimensions(source, parts[StoredPart.Dimensions]);
        return source with
        {
            Offset = parts[encoding.Kept].Offset,
            Packed = new PackedTensor(source.Name, path, encoding, matrix, parts),
        };
    }

    /// <summary>Takes a tensor of the shard, which has to be there as it is said to be.</summary>
    private TensorInfo Claim(string name, ElementType type, IReadOnlyList<long> shape, string owner)
    {
        if (!unclaimed.Remove(name, out TensorInfo? tensor))
        {
            string expected = name == owner
                ? $"which the header kept in {EncodingFile.FileName} lists"
                : $"a part of tensor '{owner}', which {EncodingFile.FileName} says is packed";
            throw Malformed($"'{name}' is missing, {expected}");
        }

        return tensor.ElementType == type && tensor.Shape.SequenceEqual(shape)
            ? tensor
            : throw Malformed($"'{name}' is {tensor.ElementType} [{string.Join(" x ", tensor.Shape)}] where {type} "
                + $"[{string.Join(" x ", shape)}] is due for tensor '{owner}'");
    }

    private void RequireDimensions(TensorInfo source, TensorInfo part)
    {
        long[] dimensions = new long[source.Shape.Count];
        read(part, 0, MemoryMarshal.AsBytes(dimensions.AsSpan()));
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(dimensions, dimensions);
        }

        if (!dimensions.SequenceEqual(source.Shape))
        {
            throw Malformed($"'{part.Name}' says [{string.Join(" x ", dimensions)}], and the header kept in "
                + $"{EncodingFile.FileName} [{string.Join(" x ", source.Shape)}]");
        }
    }

    /// <summary>Whatever else is in the shard is nothing but bytes between its tensors.</summary>
    private void RequirePaddingOnly()
    {
        HashSet<string> names = [.. stored.Select(tensor => tensor.Name)];
        TensorInfo? other = unclaimed.Values.FirstOrDefault(tensor =>
            tensor.ElementType != ElementType.U8
            || !tensor.Name.EndsWith(StoredPart.Padding, StringComparison.Ordinal)
            || !names.Contains(tensor.Name[..^StoredPart.Padding.Length]));
        if (other is not null)
        {
            throw Malformed($"'{other.Name}' is here, and {EncodingFile.FileName} says nothing of it");
        }
    }

    private DiagnosticException Malformed(
        string problem,
        Exception? inner = null) => ModelDiagnostics.MalformedPackedFile.Error(
        new SourceLocation(
            path), $"{problem}; the files do not belong together or are damaged, so pack the model again or fetch it "
                + $"again", inner);
}
