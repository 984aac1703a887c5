using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>
/// <c>sparsellm.json</c>: how the tensors of a directory are stored where they are not as any loader expects, and what
/// is needed to get the files back that they were packed from, to the byte: the headers of the shards, and their index.
/// </summary>
/// <param name="Tensors">The encoding of each packed tensor, by its name.</param>
/// <param name="Headers">The JSON in the header of each shard, by the shard's name.</param>
/// <param name="Index">The index of the shards, if there are several.</param>
internal sealed record EncodingFile(
    IReadOnlyDictionary<string, IWeightEncoding> Tensors, IReadOnlyDictionary<string, byte[]> Headers, byte[]? Index)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "sparsellm.json";

    private const int FormatVersion = 1;
    private const string Sparse = "sparse";
    private const string Dense = "dense";
    private const string Group = "group";

    // Headers and index of a model of the most tensors, in base 64.
    private const long MaximumLength = 600L * SafetensorsHeader.MaximumTensors;
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Reads the file of a directory; null if there is none, or if it says that everything is stored
    /// dense.</summary>
    /// <exception cref="DiagnosticException">It cannot be read, or breaks its format.</exception>
    public static EncodingFile? TryRead(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!Path.Exists(path))
        {
            return null;
        }

        using JsonDocument document = JsonFile.Read(
            path,
            MaximumLength,
            ModelDiagnostics.CheckpointUnreadable,
            ModelDiagnostics.MalformedPackedFile);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("formatVersion", out JsonElement version)
            || version.ValueKind != JsonValueKind.Number)
        {
            throw Malformed(path, "there is no formatVersion");
        }

        string encoding = Text(root, "encoding");
        if (!version.TryGetInt32(out int number) || number != FormatVersion || encoding is not (Sparse or Dense))
        {
            throw Malformed(
                path,
                $"format version {Excerpt.Of(version.ToString())} with encoding '{Excerpt.Of(encoding)}' is not known "
                + $"here; this version reads {FormatVersion} with '{Sparse}'",
                "read it with the version that wrote it, or a newer one");
        }

        return encoding == Dense ? null : new EncodingFile(
            Entries(path, root, "tensors", (name, value) => Encoding(path, name, value)),
            Entries(path, root, "headers", (name, value) => Bytes(path, name, value)),
            root.TryGetProperty("index", out JsonElement index) ? Bytes(path, "index", index) : null);
    }

    /// <summary>Makes sure that every tensor with an encoding is there.</summary>
    /// <exception cref="DiagnosticException">One is not.</exception>
    public void RequireAll(string directory, IReadOnlyDictionary<string, TensorInfo> tensors)
    {
        string? missing = Tensors.Keys.FirstOrDefault(name => !tensors.ContainsKey(name));
        if (missing is not null)
        {
            throw Malformed(
                Path.Combine(directory, FileName),
                $"tensor '{Excerpt.Of(missing)}' has a layout here and is in no file");
        }
    }

    /// <summary>Makes sure that no tensor is packed where no file says how: it is easily left behind when the weights
    /// are copied.</summary>
    /// <exception cref="DiagnosticException">One is.</exception>
    public static void RequireNonePacked(string directory, IReadOnlyDictionary<string, TensorInfo> tensors)
    {
        string? packed = Owners(StoredPart.Mask, StoredPart.Values).Concat(Owners(StoredPart.Scales, StoredPart.Codes))
            .FirstOrDefault(name => !tensors.ContainsKey(name));
        if (packed is not null)
        {
            string path = Path.Combine(directory, FileName);
            throw Malformed(
                path,
                $"{(Path.Exists(path) ? "this file says that everything is stored dense" : "this file is missing")}, "
                + $"and tensors are packed, such as '{Excerpt.Of(packed)}'",
                "copy it along with the other files, or fetch the model again");
        }

        IEnumerable<string> Owners(string part, string other) => tensors.Keys
            .Where(name => name.EndsWith(part, StringComparison.Ordinal))
            .Select(name => name[..^part.Length])
            .Where(name => tensors.ContainsKey(name + other));
    }

    /// <summary>Makes sure that the index that is kept is that of the shards.</summary>
    /// <exception cref="DiagnosticException">It is not.</exception>
    public void RequireIndexOf(Checkpoint checkpoint)
    {
        string path = Path.Combine(checkpoint.Directory, FileName);
        if (Index is not null != checkpoint.IsSharded)
        {
            throw Malformed(path, $"an index is {(Index is null ? "not " : "")}kept here, and the weights are in "
                + $"{(checkpoint.IsSharded ? "shards" : "one file")}");
        }

        string? missing = Index is null
            ? null
            : Shards(path, Index).FirstOrDefault(shard => !checkpoint.Shards.Contains(shard));
        if (missing is not null)
        {
            throw Malformed(
                path,
                $"the index that is kept here names the file '{Excerpt.Of(missing)}', which is not one of the model's");
        }
    }

    /// <summary>Refuses a directory that is packed for work that needs its files as they were.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="work">What is to be done, as a noun.</param>
    /// <exception cref="DiagnosticException">It is packed.</exception>
    public static void RequireUnpacked(string directory, string work)
    {
        if (TryRead(directory) is not null)
        {
            throw ModelDiagnostics.PackedModel.Error(
                new SourceLocation(directory),
                $"the model is packed, and {work} needs the dense one; unpack it first: dotnet sparsellm unpack "
                + $"{directory} -o OUT");
        }
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="DiagnosticException">It cannot be written.</exception>
    public void Write(string directory)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber("formatVersion", FormatVersion);
            json.WriteString("encoding", Sparse);
            json.WriteStartObject("tensors");
            foreach ((string name, IWeightEncoding encoding) in Tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("layout", encoding.Layout);
                if (encoding.Codes is { } format)
                {
                    json.WriteNumber(Group, format.Group);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteStartObject("headers");
            foreach ((string shard, byte[] header) in Headers)
            {
                json.WriteBase64String(shard, header);
            }

            json.WriteEndObject();
            if (Index is not null)
            {
                json.WriteBase64String("index", Index);
            }

            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        FileBytes.WriteAll(Path.Combine(directory, FileName), bytes.ToArray());
    }

    private static IWeightEncoding Encoding(string path, string tensor, JsonElement value)
    {
        string layout = value.ValueKind == JsonValueKind.Object ? Text(value, "layout") : "";
        return layout == BitmaskEncoding.Name ? new BitmaskEncoding()
            : (IWeightEncoding?)GroupEncoding.TryParse(layout) ?? CodeEncoding.TryParse(layout, GroupIn(value))
            ?? throw Malformed(
                path,
                $"tensor '{Excerpt.Of(tensor)}' has the layout '{Excerpt.Of(layout)}', which this version does not know");
    }

    /// <summary>Columns of a group of codes; 0, which no matrix fits, where that is missing.</summary>
    private static int GroupIn(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(Group, out JsonElement group)
            && group.ValueKind == JsonValueKind.Number && group.TryGetInt32(out int columns)
            ? columns
            : 0;

    private static byte[] Bytes(string path, string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes)
            ? bytes
            : throw Malformed(path, $"'{Excerpt.Of(name)}' is not a text in base 64");

    private static IEnumerable<string> Shards(string path, byte[] index)
    {
        try
        {
            return ShardIndex.Parse(path, [.. index]).Values;
        }
        catch (DiagnosticException e)
        {
            throw Malformed(path, $"the index that is kept here is damaged: {e.Diagnostics[0].Message.Split(';')[0]}");
        }
        catch (JsonException e)
        {
            throw Malformed(path, $"the index that is kept here is not JSON: {JsonFile.Reason(e)}");
        }
    }

    private static string Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "";

    private static Dictionary<string, T> Entries<T>(
        string path,
        JsonElement root,
        string name,
        Func<string, JsonElement, T> read)
    {
        if (!root.TryGetProperty(name, out JsonElement entries) || entries.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(path, $"there are no {name}");
        }

        Dictionary<string, T> values = [];
        foreach (JsonProperty entry in entries.EnumerateObject())
        {
            if (!values.TryAdd(entry.Name, read(entry.Name, entry.Value)))
            {
                throw Malformed(path, $"'{Excerpt.Of(entry.Name)}' is in {name} twice");
            }
        }

        return values;
    }

    private static DiagnosticException Malformed(
        string path,
        string problem,
        string remedy = "pack the model again or fetch it again") =>
        ModelDiagnostics.MalformedPackedFile.Error(new SourceLocation(path), $"{problem}; {remedy}");
}
