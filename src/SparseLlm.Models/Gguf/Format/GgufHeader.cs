using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>
/// What stands before the data of a GGUF file. Everything is checked: counts and lengths against what the file has left
/// before room is made for them, names for being different, and the places of tensors for lying in the file and apart
/// from each other.
/// </summary>
internal sealed class GgufHeader
{
    private const int SignatureBytes = 1024;
    private const int MaximumDimensions = 4;
    private const int MaximumAlignment = 1 << 30;
    private const int LeastPairLength = sizeof(ulong) + sizeof(uint) + sizeof(byte);
    private const int LeastTensorLength = sizeof(ulong) + sizeof(uint) + sizeof(uint) + sizeof(ulong);
    private const string Again = "; download or convert the file again";

    private readonly string path;

    private GgufHeader(string path) => this.path = path;

    /// <summary>The version of the format.</summary>
    public int Version { get; private set; }

    /// <summary>The metadata.</summary>
    public GgufMetadata Metadata { get; } = new();

    /// <summary>The tensors, in the order of the header.</summary>
    public IReadOnlyList<GgufStoredTensor> Tensors { get; private set; } = [];

    /// <summary>Reads a header.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="part">Which of the parts of a model it is.</param>
    /// <exception cref="DiagnosticException">The file breaks the format.</exception>
    public static GgufHeader Read(SafeFileHandle file, string path, int part)
    {
        var header = new GgufHeader(path);
        header.Read(file, part);
        return header;
    }

    /// <summary>A whole number of the metadata, whatever its type; null where there is none of that name.</summary>
    /// <exception cref="DiagnosticException">It is no such number, or not from 0 on.</exception>
    public int? Integer(string key) => Metadata[key] switch
    {
        null => null,
        byte value => value,
        ushort value => value,
        uint and <= int.MaxValue and var value => (int)value,
        ulong and <= int.MaxValue and var value => (int)value,
        sbyte and >= 0 and var value => value,
        short and >= 0 and var value => value,
        int and >= 0 and var value => value,
        long and >= 0 and <= int.MaxValue and var value => (int)value,
        _ => throw Malformed($"'{key}' is not a whole number from 0 on{Again}"),
    };

    /// <summary>An error about this file.</summary>
    public DiagnosticException Malformed(string problem) =>
        GgufDiagnostics.Malformed.Error(new SourceLocation(path), problem);

    private void Read(SafeFileHandle file, int part)
    {
        var reader = new GgufHeaderReader(file, path, problem => Malformed(problem + Again));
        if (reader.Remaining < sizeof(uint) || reader.UInt32() != GgufLayout.Magic)
        {
            throw OtherKind(file);
        }

        Version = (int)reader.UInt32();
        if (Version is not (2 or (int)GgufLayout.Version))
        {
            throw Malformed(
                Version == 1 ? "this is version 1 of GGUF, which is no longer in use; convert the model again"
                : Version != 0 && (Version & ushort.MaxValue) == 0
                    ? "the bytes are in the order of big-endian machines; convert the model for little-endian ones"
                    : $"this is version {(uint)Version} of GGUF, and 2 and 3 are read; use a newer version of this "
                        + $"tool, or convert the model again");
        }

        ulong tensorCount = reader.UInt64();
        ulong pairCount = reader.UInt64();
        reader.Require(pairCount, LeastPairLength, "pairs of metadata");
        for (ulong pair = 0; pair < pairCount; pair++)
        {
            ReadPair(reader);
        }

        if (tensorCount > SafetensorsHeader.MaximumTensors)
        {
            throw Malformed($"there are more tensors than {SafetensorsHeader.MaximumTensors}, which no model has");
        }

        reader.Require(tensorCount, LeastTensorLength, "tensors");
        int alignment = Integer(GgufLayout.AlignmentKey) ?? GgufLayout.Alignment;
        if (alignment is < 1 or > MaximumAlignment || !int.IsPow2(alignment))
        {
            throw Malformed($"'{GgufLayout.AlignmentKey}' is {alignment}, and it has to be a power of two{Again}");
        }

        var found = new List<GgufStoredTensor>();
        var names = new HashSet<string>();
        for (ulong index = 0; index < tensorCount; index++)
        {
            GgufStoredTensor tensor = ReadTensor(reader, alignment, part);
            if (!names.Add(tensor.Name))
            {
                throw Malformed($"the tensor '{Excerpt.Of(tensor.Name)}' is there twice{Again}");
            }

            found.Add(tensor);
        }

        Tensors = Place(found, GgufLayout.Align(reader.Position, alignment), reader.FileLength);
    }

    private void ReadPair(GgufHeaderReader reader)
    {
        string key = reader.Text();
        if (Metadata[key] is not null)
        {
            throw Malformed($"the key '{Excerpt.Of(key)}' is there twice{Again}");
        }

        Metadata.SetValue(key, reader.Value(key));
    }

    /// <summary>A tensor, with the place that the header gives it, which counts from the beginning of the
    /// data.</summary>
    private GgufStoredTensor ReadTensor(GgufHeaderReader reader, int alignment, int part)
    {
        string name = reader.Text();
        uint count = reader.UInt32();
        if (count is 0 or > MaximumDimensions)
        {
            throw Malformed($"the tensor '{Excerpt.Of(name)}' has {count} dimensions, and 1 to {MaximumDimensions} are "
                + $"possible{Again}");
        }

        long[] dimensions = new long[count];
        long elements = 1;
        for (int i = 0; i < count; i++)
        {
            ulong dimension = reader.UInt64();
            if (dimension is 0 or > int.MaxValue || elements > long.MaxValue / (64 * (long)dimension))
            {
                throw Malformed($"the tensor '{Excerpt.Of(name)}' has a dimension of {dimension}, which no tensor of "
                    + $"this size has{Again}");
            }

            dimensions[i] = (long)dimension;
            elements *= dimensions[i];
        }

        uint number = reader.UInt32();
        if (number > int.MaxValue)
        {
            throw Malformed(
                $"the tensor '{Excerpt.Of(name)}' has elements of type {number}, which there is not{Again}");
        }

        var type = (GgufElementType)number;
        ulong offset = reader.UInt64();
        if (type.IsKnown() && dimensions[0] % type.BlockLength() != 0)
        {
            throw Malformed($"the tensor '{Excerpt.Of(name)}' has rows of {dimensions[0]} elements, which are not "
                + $"whole blocks of {type.Name()}{Again}");
        }

        if (offset > (ulong)reader.FileLength || offset % (ulong)alignment != 0)
        {
            string problem = offset > (ulong)reader.FileLength
                ? "beyond the end of the file; it is truncated, so download it again"
                : $"not a multiple of {alignment}{Again}";
            throw Malformed($"the data of '{Excerpt.Of(name)}' begins at {offset}, which is {problem}");
        }

        return new GgufStoredTensor(
            name,
            dimensions,
            type,
            part,
            (long)offset,
            type.IsKnown() ? type.ByteLength(elements) : 0);
    }

    /// <summary>The tensors with their places in the file, in the order of the header.</summary>
    private GgufStoredTensor[] Place(List<GgufStoredTensor> found, long dataStart, long fileLength)
    {
        var placed = new GgufStoredTensor[found.Count];
        long end = fileLength;
        foreach (int index in Enumerable.Range(0, found.Count).OrderByDescending(index => found[index].Offset)
            .ThenByDescending(index => index))
        {
            GgufStoredTensor tensor = found[index];
            long offset = dataStart + tensor.Offset;
            long length = tensor.Type.IsKnown() ? tensor.StoredLength : end - offset;
            if (length < 0 || offset > fileLength - length)
            {
                throw Malformed($"the data of '{Excerpt.Of(tensor.Name)}' ends beyond the end of the file; it is "
                    + $"truncated, so download it again");
            }

            if (offset + length > end)
            {
                throw Malformed($"the data of '{Excerpt.Of(tensor.Name)}' overlaps that of another tensor{Again}");
            }

            placed[index] = tensor with { Offset = offset, StoredLength = length };
            end = offset;
        }

        return placed;
    }

    /// <summary>What else is found under the name.</summary>
    private DiagnosticException OtherKind(SafeFileHandle file)
    {
        Span<byte> beginning = stackalloc byte[(int)Math.Min(RandomAccess.GetLength(file), SignatureBytes)];
        FileBytes.Read(file, 0, beginning, path);
        return GitLfsPointer.IsPointer(beginning)
            ? ModelDiagnostics.CheckpointUnreadable.Error(new SourceLocation(path), GitLfsPointer.Problem)
            : beginning.StartsWith("<"u8)
                ? Malformed($"this is a web page in place of the file; download the file itself, logged in "
                    + $"where the model asks for that")
            : Malformed($"this does not begin as GGUF files do; name one that does, or the directory of a model");
    }
}
