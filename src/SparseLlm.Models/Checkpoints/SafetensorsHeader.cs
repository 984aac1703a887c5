using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// The header of a safetensors file: eight bytes of length N, N bytes of JSON
/// (<c>{"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...}</c>), then the data, without gaps.
/// Everything is checked, so that nothing read later can lie outside the file.
/// </summary>
public sealed class SafetensorsHeader
{
    // The limit of the reference implementation.
    private const long MaximumLength = 100_000_000;
    private const int LengthBytes = sizeof(ulong);

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

    private List<TensorInfo> Read(SafeFileHandle file)
    {
        long fileLength = RandomAccess.GetLength(file);
        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        if (fileLength < LengthBytes)
        {
            throw Malformed($"the file has {fileLength} bytes and no room for a header; it is truncated");
        }

        FileBytes.Read(file, 0, lengthBytes, path);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > MaximumLength)
        {
            throw Malformed($"the header's length of {length} bytes is over the format's limit of {MaximumLength}; " +
                "this is no safetensors file");
        }

        long dataStart = LengthBytes + (long)length;
        if (dataStart > fileLength)
        {
            throw Malformed($"the header's length of {length} bytes is beyond the end of the file; it is truncated");
        }

        byte[] json = new byte[length];
        FileBytes.Read(file, LengthBytes, json, path);
        List<TensorInfo> tensors = Parse(json, dataStart);
        CheckLayout(tensors, dataStart, fileLength);
        return tensors;
    }

    private List<TensorInfo> Parse(byte[] json, long dataStart)
    {
        if (!Utf8.IsValid(json))
        {
            throw Malformed("the header is not valid UTF-8");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Malformed("the header is not a JSON object");
            }

            List<TensorInfo> tensors = [];
            HashSet<string> names = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name))
                {
                    throw Malformed($"'{property.Name}' appears twice in the header");
                }

                if (property.Name != "__metadata__")
                {
                    tensors.Add(ParseTensor(property.Name, property.Value, dataStart));
                }
            }

            // A tensor without elements comes before the one that starts at the same place.
            return [.. tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteLength)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with an escaped half of a surrogate pair.
            throw Malformed($"the header is not valid JSON ({e.Message})", e);
        }
    }

    private TensorInfo ParseTensor(string name, JsonElement entry, long dataStart)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw Malformed($"the header's entry of tensor '{name}' is not an object");
        }

        string? typeName = entry.TryGetProperty("dtype", out JsonElement dtype) && dtype.ValueKind == JsonValueKind.String
            ? dtype.GetString()
            : throw Malformed($"tensor '{name}' has no dtype");
        if (!ElementTypes.TryParse(typeName!, out ElementType type))
        {
            throw Malformed($"tensor '{name}' has the unknown dtype '{typeName}'");
        }

        long[] shape = Integers(entry, "shape", name);
        long[] offsets = Integers(entry, "data_offsets", name);
        if (offsets.Length != 2 || offsets[0] > offsets[1])
        {
            throw Malformed($"tensor '{name}' has data_offsets [{string.Join(", ", offsets)}], which are no begin and end");
        }

        if (offsets[1] > long.MaxValue - dataStart)
        {
            throw Malformed($"tensor '{name}' ends at {offsets[1]}, beyond the end of the file");
        }

        long count = Product(shape);
        if (count < 0 || count > long.MaxValue / type.Size() || count * type.Size() != offsets[1] - offsets[0])
        {
            throw Malformed($"tensor '{name}' of {type} [{string.Join(" x ", shape)}] does not take the " +
                $"{offsets[1] - offsets[0]} bytes of its data_offsets");
        }

        return new TensorInfo(name, type, shape, count, shard, dataStart + offsets[0]);
    }

    private long[] Integers(JsonElement entry, string property, string tensor)
    {
        if (!entry.TryGetProperty(property, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Malformed($"tensor '{tensor}' has no {property}");
        }

        long[] values = new long[list.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out values[i]) || values[i] < 0)
            {
                throw Malformed($"tensor '{tensor}' has {property} with '{item}', which is not a whole number from 0 on");
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
                string problem = tensor.Offset < end ? "overlaps the data before it" : "leaves a gap to the data before it";
                throw Malformed($"tensor '{tensor.Name}' {problem}: it begins at {tensor.Offset - dataStart}, " +
                    $"where {end - dataStart} is due");
            }

            end += tensor.ByteLength;
            if (end > fileLength)
            {
                throw Malformed($"tensor '{tensor.Name}' ends {end - fileLength} bytes beyond the end of the file; " +
                    "it is truncated");
            }
        }

        if (end != fileLength)
        {
            throw Malformed($"{fileLength - end} bytes at the end of the file belong to no tensor");
        }
    }

    private DiagnosticException Malformed(string problem, Exception? inner = null) =>
        ModelDiagnostics.MalformedSafetensors.Error(
            new SourceLocation(path), $"{problem}; download or convert the file again", inner);
}
