using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Gguf.Decoders;
using SparseLlm.Models.Gguf.Format;

namespace SparseLlm.Models.Gguf;

/// <summary>The files that a model becomes: one, or parts of which the first has all metadata, as llama.cpp
/// splits.</summary>
internal sealed class GgufParts
{
    private const string TensorCount = "split.tensors.count";

    private readonly int? codeBits;
    private readonly int? tableCodeBits;
    private readonly List<(byte[] Header, IReadOnlyList<DecoderTensor> Tensors)> parts = [];

    /// <summary>Lays out the files.</summary>
    /// <param name="metadata">What the first of them says.</param>
    /// <param name="tensors">All tensors.</param>
    /// <param name="options">What the files are to be.</param>
    public GgufParts(GgufMetadata metadata, IReadOnlyList<DecoderTensor> tensors, GgufExportOptions options)
    {
        (codeBits, tableCodeBits) = (options.CodeBits, options.TableCodeBits);
        List<List<DecoderTensor>> groups = Split(tensors, options.PartLength);
        for (int number = 0; number < groups.Count; number++)
        {
            GgufMetadata own = number == 0 ? metadata : new GgufMetadata();
            if (groups.Count > 1)
            {
                own.SetValue(GgufLayout.PartNumberKey, (ushort)number);
                own.SetValue(GgufLayout.PartCountKey, (ushort)groups.Count);
                own.SetValue(TensorCount, tensors.Count);
            }

            parts.Add((GgufHeaderWriter.Write(own, groups[number]), groups[number]));
        }
    }

    /// <summary>Bytes of all files together.</summary>
    public long ByteLength
        => parts.Sum(part => part.Header.Length + part.Tensors.Sum(tensor => GgufLayout.Align(tensor.ByteLength)));

    /// <summary>The files' paths.</summary>
    public IReadOnlyList<string> Paths(string path)
    {
        string stem = GgufFile.IsName(path) ? path[..^GgufLayout.Extension.Length] : path;
        return parts.Count == 1
            ? [path]
            : [.. Enumerable.Range(0, parts.Count).Select(part => GgufLayout.PartName(stem, part, parts.Count))];
    }

    /// <summary>Writes all files beside their places, and then puts them there.</summary>
    public void Write(string path, Checkpoint checkpoint, CancellationToken cancellation)
    {
        (string Path, string Temporary)[] files = [.. Paths(path).Select(
            file => (file, $"{file}.{Guid.NewGuid():N}.tmp"))];
        try
        {
            foreach ((var part, var file) in parts.Zip(files))
            {
                WritePart(part, file.Temporary, checkpoint, cancellation);
            }

            foreach ((string target, string temporary) in files)
            {
                FileBytes.Move(temporary, target);
            }
        }
        catch (DiagnosticException exception)
        {
            throw new DiagnosticException([.. exception.Diagnostics
                .Select(diagnostic => diagnostic with { Location = Known(diagnostic.Location) })]);
        }
        finally
        {
            foreach ((_, string temporary) in files)
            {
                FileBytes.DeleteQuietly(temporary);
            }
        }

        // The name of a temporary file says nothing to who has asked for another.
        SourceLocation? Known(
            SourceLocation? location) => files.FirstOrDefault(file => file.Temporary == location?.File).Path
                is { } target ? new SourceLocation(target) : location;
    }

    private void WritePart(
        (byte[] Header, IReadOnlyList<DecoderTensor> Tensors) part,
        string path,
        Checkpoint checkpoint,
        CancellationToken cancellation)
    {
        using SafeFileHandle file = FileBytes.Create(path);
        FileBytes.Write(file, 0, part.Header, path);
        long offset = part.Header.Length;
        byte[] bytes = [];
        foreach (DecoderTensor tensor in part.Tensors)
        {
            long end = offset + GgufLayout.Align(tensor.ByteLength);
            foreach ((var source, ArraySegment<float> values) in tensor.Read(checkpoint))
            {
                cancellation.ThrowIfCancellationRequested();
                int length = (int)tensor.Type.ByteLength(values.Count);
                if (bytes.Length < length)
                {
                    bytes = new byte[length];
                }

                Encode(
                    tensor,
                    values,
                    bytes.AsSpan(0, length),
                    source is null ? null : (source.Label, checkpoint.PathOf(checkpoint[source.Tensor.Name])));
                FileBytes.Write(file, offset, bytes.AsMemory(0, length), path);
                offset += length;
            }

            FileBytes.Write(file, offset, new byte[end - offset], path);
            offset = end;
        }

        FileBytes.Flush(file, path);
    }

    /// <summary>A value that is no number, or is beyond a type's range, would be one that nobody has asked
    /// for.</summary>
    private void Encode(
        DecoderTensor tensor,
        ReadOnlySpan<float> values,
        Span<byte> bytes,
        (string Label, string Path)? source)
    {
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            throw ModelDiagnostics.NonFiniteWeight
                .Error(Location(), $"a value of {Name()} is NaN or infinite; the checkpoint is damaged");
        }

        float greatest = Math.Abs(TensorPrimitives.MaxMagnitude(values));
        if (greatest > Greatest(tensor.Type))
        {
            throw ModelDiagnostics.ValueOutOfRange.Error(
                Location(), string.Create(CultureInfo.InvariantCulture,
                    $"a value of {Name()}, {greatest} in size, is beyond what "
                    + $"{tensor.Type.Name()} holds; choose the type bf16 or f32"));
        }

        int? bits = TensorTypes.IsTable(tensor.Name) ? tableCodeBits ?? codeBits : codeBits;
        tensor.Type.FromSingle(values, bytes, hasCodes: bits <= tensor.Type.CodeBits());

        SourceLocation? Location() => source is null ? null : new SourceLocation(source.Value.Path);

        string Name() => source is null ? tensor.Name : $"'{source.Value.Label}'";
    }

    /// <summary>What a type holds: the scale of a block is in half precision.</summary>
    private static float Greatest(GgufElementType type) => type switch
    {
        GgufElementType.F16 => (float)Half.MaxValue,
        GgufElementType.Q8_0 => 127 * (float)Half.MaxValue,
        GgufElementType.Q4_0 => 8 * (float)Half.MaxValue,
        _ => float.MaxValue,
    };

    private static List<List<DecoderTensor>> Split(IReadOnlyList<DecoderTensor> tensors, long partLength)
    {
        var groups = new List<List<DecoderTensor>> { new() };
        long length = 0;
        foreach (DecoderTensor tensor in tensors)
        {
            if (length > 0 && length + tensor.ByteLength > partLength)
            {
                groups.Add([]);
                length = 0;
            }

            groups[^1].Add(tensor);
            length += tensor.ByteLength;
        }

        return groups;
    }
}
