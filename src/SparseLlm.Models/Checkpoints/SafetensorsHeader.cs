using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// The header of a safetensors file: eight bytes of length N, N bytes of JSON
/// (<c>{"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}</c>), then the data, without gaps.
/// Everything is checked, so that nothing read later can lie outside the file.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>Tensors that a checkpoint can have within reason; the largest mixtures of experts have some
    /// 200,000.</summary>
    public const int MaximumTensors = 500_000;

    /// <summary>Dimensions that a tensor can have within reason.</summary>
    internal const int MaximumDimensions = 16;

    /// <summary>The longest name that a tensor can have within reason.</summary>
    internal const int MaximumNameLength = 1000;

    // The limit of the reference implementation.
    private const long MaximumLength = 100_000_000;
    private const int LengthBytes = sizeof(ulong);
    private const int SignatureBytes = 1024;
    private const string Rewrite = "; download or convert the file again";
    private const string Truncated = "; the file is truncated, so download it again";

    private readonly string path;
    private readonly string shard;

    private SafetensorsHeader(string path, string shard) => (this.path, this.shard) = (path, shard);

    /// <summary>The tensors of a shard in the order of their data.</summary>
    /// <param name="file">The open shard.</param>
    /// <param name="path">The shard's path, for messages.</param>
    /// <param name="shard">The shard's name in the checkpoint.</param>
    /// <exception cref="DiagnosticException">The file breaks the format.</exception>
    public static IReadOnlyList<TensorInfo> Read(SafeFileHandle file, string path, string shard) =>
        new SafetensorsHeader(path, shard).Read(file);

    /// <summary>The tensors in the JSON of a header whose file is not here, in the order of their data.</summary>
    /// <param name="json">The JSON; it may be changed in place.</param>
    /// <param name="path">What messages name.</param>
    /// <param name="shard">The shard's name in the checkpoint.</param>
    /// <exception cref="DiagnosticException">The header breaks the format.</exception>
    internal static IReadOnlyList<TensorInfo> Parse(byte[] json, string path, string shard)
    {
        var header = new SafetensorsHeader(path, shard);
        long dataStart = LengthBytes + json.Length;
        List<TensorInfo> tensors = header.Parse(json, dataStart);
        header.CheckLayout(
            tensors,
            dataStart,
            tensors.Count == 0 ? dataStart : tensors[^1].Offset + tensors[^1].ByteLength);
        return tensors;
    }

    /// <summary>The JSON in the header of a file that has been read before.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read.</exception>
    internal static byte[] ReadJson(string path)
    {
        using SafeFileHandle file = FileBytes.Open(path);
        Span<byte> length = stackalloc byte[LengthBytes];
        FileBytes.Read(file, 0, length, path);
        byte[] json = new byte[BinaryPrimitives.ReadUInt64LittleEndian(length)];
        FileBytes.Read(file, LengthBytes, json, path);
        return json;
    }

    private List<TensorInfo> Read(SafeFileHandle file)
    {
        long fileLength = RandomAccess.GetLength(file);
        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        if (fileLength < LengthBytes)
        {
            throw Malformed($"{fileLength} bytes have no room for a header{Truncated}");
        }

        FileBytes.Read(file, 0, lengthBytes, path);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaximumLength)
        {
            throw OtherKind(file, fileLength, length);
        }

        long dataStart = LengthBytes + (long)length;
        if (dataStart > fileLength)
        {
            throw Malformed($"the header's length of {length} bytes is beyond the end of the file{Truncated}");
        }

        byte[] json = new byte[length];
        FileBytes.Read(file, LengthBytes, json, path);
        List<TensorInfo> tensors = Parse(json, dataStart);
        CheckLayout(tensors, dataStart, fileLength);
        return tensors;
    }

    /// <summary>What else is found under the name, with the way to the file that belongs there.</summary>
    private DiagnosticException OtherKind(SafeFileHandle file, long fileLength, ulong length)
    {
        Span<byte> beginning = stackalloc byte[(int)Math.Min(fileLength, SignatureBytes)];
        FileBytes.Read(file, 0, beginning, path);
        if (GitLfsPointer.IsPointer(beginning))
        {
            return ModelDiagnostics.CheckpointUnreadable.Error(new SourceLocation(path), GitLfsPointer.Problem);
        }

        return Malformed(
            beginning.StartsWith("PK"u8)
                ? "this is a file of torch.save under another name; load it and convert it with save_pretrained"
                : beginning.StartsWith("GGUF"u8)
                ? "this is a GGUF file under another name; prune the Hugging Face model that it was made from"
                : beginning.StartsWith("<"u8)
                    ? "this is a web page in place of the file; download the file itself, logged in where the model "
                    + "asks for that"
            : $"the header's length of {length} bytes is over the format's limit of {MaximumLength}; this is no "
                + $"safetensors file{Rewrite}");
    }

    private List<TensorInfo> Parse(byte[] json, long dataStart)
    {
        try
        {
            using JsonDocument document = JsonFile.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Malformed($"the header is not a JSON object{Rewrite}");
            }

            List<TensorInfo> tensors = [];
            HashSet<string> names = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                string name = property.Name;
                if (name.Length > MaximumNameLength)
                {
                    throw Malformed($"the name '{Excerpt.Of(name)}' is longer than any tensor's");
                }

                if (!names.Add(name))
                {
                    throw Malformed($"'{name}' appears twice in the header{Rewrite}");
                }

                if (name == "__metadata__")
                {
                    CheckMetadata(property.Value);
                    continue;
                }

                tensors.Add(ParseTensor(name, property.Value, dataStart));
                if (tensors.Count > MaximumTensors)
                {
                    throw TooManyTensors(path);
                }
            }

            // A tensor without elements comes before the one that starts at the same place.
            return [.. tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength)];
        }
        catch (JsonException e)
        {
            throw Malformed($"the header cannot be read as JSON: {JsonFile.Reason(e)}{Rewrite}", e);
        }
    }

    private void CheckMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object
            || metadata.EnumerateObject().Any(entry => entry.Value.ValueKind != JsonValueKind.String))
        {
            throw Malformed($"__metadata__ is not an object of texts{Rewrite}");
        }
    }

    private TensorInfo ParseTensor(string name, JsonElement entry, long dataStart)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw Malformed($"the header's entry of tensor '{name}' is not an object{Rewrite}");
        }

        string? typeName = entry.TryGetProperty("dtype", out JsonElement dtype)
            && dtype.ValueKind == JsonValueKind.String
            ? dtype.GetString()
            : throw Malformed($"tensor '{name}' has no dtype{Rewrite}");
        if (!ElementTypes.TryParse(typeName!, out ElementType type))
        {
            throw Malformed($"tensor '{name}' has the unknown dtype '{Excerpt.Of(typeName!)}'; weights are pruned in "
                + $"F32, F16 or BF16");
        }

        long[] shape = Integers(entry, "shape", name);
        long[] offsets = Integers(entry, "data_offsets", name);
        if (offsets.Length != 2 || offsets[0] > offsets[1])
        {
            throw Malformed(
                $"tensor '{name}' has data_offsets [{string.Join(", ", offsets)}], which are no begin and end{Rewrite}");
        }

        if (offsets[1] > long.MaxValue - dataStart)
        {
            throw Malformed($"tensor '{name}' ends at {offsets[1]}, beyond the end of the file{Truncated}");
        }

        long count = Product(shape);
        if (count < 0 || count > long.MaxValue / type.Size() || count * type.Size() != offsets[1] - offsets[0])
        {
            throw Malformed($"tensor '{name}' of {type} [{string.Join(" x ", shape)}] does not take the " +
                $"{offsets[1] - offsets[0]} bytes of its data_offsets{Rewrite}");
        }

        return new TensorInfo(name, type, shape, count, shard, dataStart + offsets[0]);
    }

    private long[] Integers(JsonElement entry, string property, string tensor)
    {
        if (!entry.TryGetProperty(property, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Malformed($"tensor '{tensor}' has no {property}{Rewrite}");
        }

        if (list.GetArrayLength() > MaximumDimensions)
        {
            throw Malformed($"tensor '{tensor}' has {property} of {list.GetArrayLength()} numbers, more than any "
                + $"tensor has{Rewrite}");
        }

        long[] values = new long[list.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out values[i]) || values[i] < 0)
            {
                throw Malformed($"tensor '{tensor}' has {property} with '{Excerpt.Of(item.ToString())}', which is not "
                    + $"a whole number from 0 on{Rewrite}");
            }

            i++;
        }

        return values;
    }

    /// <summary>The number of elements, or -1 if it does not fit.</summary>
    private static long Product(long[] shape)
    {
        long product = 1;
        foreach (long dimension in shape)
        {
            if (dimension != 0 && product > long.MaxValue / dimension)
            {
                return -1;
            }

            product *= dimension;
        }

        return product;
    }

    private void CheckLayout(List<TensorInfo> tensors, long dataStart, long fileLength)
    {
        long end = dataStart;
        foreach (TensorInfo tensor in tensors)
        {
            if (tensor.Offset != end)
            {
                string problem = tensor.Offset < end
                    ? "overlaps the data before it"
                    : "leaves a gap to the data before it";
                throw Malformed($"tensor '{tensor.Name}' {problem}: it begins at {tensor.Offset - dataStart}, " +
                    $"where {end - dataStart} is due{Rewrite}");
            }

            end += tensor.ByteLength;
            if (end > fileLength)
            {
                throw Malformed(
                    $"tensor '{tensor.Name}' ends {end - fileLength} bytes beyond the end of the file{Truncated}");
            }
        }

        if (end != fileLength)
        {
            throw Malformed($"{fileLength - end} bytes at the end of the file belong to no tensor{Rewrite}");
        }
    }

    /// <summary>More tensors than <see cref="MaximumTensors"/>, in one file or in several.</summary>
    public static DiagnosticException TooManyTensors(string path) => ModelDiagnostics.MalformedSafetensors.Error(
        new SourceLocation(path), FormattableString.Invariant(
            $"there are more tensors than {MaximumTensors}, which no model has"));

    private DiagnosticException Malformed(string problem, Exception? inner = null) =>
        ModelDiagnostics.MalformedSafetensors.Error(new SourceLocation(path), problem, inner);
}
