using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Checkpoints;

/// <summary>
/// <c>model.safetensors.index.json</c>: which shard holds which tensor
/// (<c>{"weight_map": {"name": "model-00001-of-00002.safetensors", ...}}</c>).
/// </summary>
internal static class ShardIndex
{
    /// <summary>The file's name.</summary>
    public const string FileName = "model.safetensors.index.json";

    // Some 200 bytes for each tensor.
    private const long MaximumLength = 200L * SafetensorsHeader.MaximumTensors;
    private const int MaximumShards = 10_000;

    /// <summary>Shard names by tensor name.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read or is malformed, or a shard lies outside its
    /// directory.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        using JsonDocument document =
            JsonFile.Read(path, MaximumLength, ModelDiagnostics.CheckpointUnreadable, ModelDiagnostics.MalformedIndex);
        return Read(path, document);
    }

    /// <summary>Shard names by tensor name, of an index that another file holds.</summary>
    /// <param name="path">That file, for messages.</param>
    /// <param name="json">The index; its bytes are not used otherwise.</param>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="DiagnosticException">It is malformed, or a shard lies outside its directory.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string path, byte[] json)
    {
        using JsonDocument document = JsonFile.Parse(json);
        return Read(path, document);
    }

    private static Dictionary<string, string> Read(string path, JsonDocument document)
    {
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(path, "there is no weight_map");
        }

        Dictionary<string, string> shards = [];
        HashSet<string> files = [];
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (!IsInside(shard))
            {
                throw Malformed(path, $"tensor '{Excerpt.Of(entry.Name)}' is listed in "
                    + $"'{Excerpt.Of(entry.Value.ToString())}', which is not a file " +
                    "below the model's directory");
            }

            if (!shards.TryAdd(entry.Name, shard))
            {
                throw Malformed(path, $"tensor '{Excerpt.Of(entry.Name)}' is listed twice");
            }

            files.Add(shard);
            if (shards.Count > SafetensorsHeader.MaximumTensors || files.Count > MaximumShards)
            {
                throw Malformed(path, string.Create(CultureInfo.InvariantCulture,
                    $"there are more tensors than {SafetensorsHeader.MaximumTensors} or more files than "
                    + $"{MaximumShards}, which no model has"));
            }
        }

        return shards.Count > 0 ? shards : throw Malformed(path, "weight_map is empty");
    }

    /// <summary>The content of an index.</summary>
    /// <param name="shards">Shard names by tensor name.</param>
    /// <param name="totalSize">Bytes of all tensors.</param>
    public static byte[] Format(
        IReadOnlyDictionary<string, string> shards,
        long totalSize) => Encoding.UTF8.GetBytes(new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = totalSize },
            ["weight_map"] = new JsonObject(
                shards.Select(shard => KeyValuePair.Create<string, JsonNode?>(shard.Key, shard.Value))),
        }.ToJsonString());

    private static DiagnosticException Malformed(string path, string problem) =>
        ModelDiagnostics.MalformedIndex
            .Error(new SourceLocation(path), $"{problem}; take the index from where the shards come from");

    /// <summary>
    /// Looked at as text, by the rules of every platform. Links are not resolved: in a Hugging Face cache each file is
    /// one.
    /// </summary>
    private static bool IsInside(string shard) =>
        shard.IndexOfAny(['\\', ':', '\0']) < 0
        && shard.Split('/').All(segment => segment is not ("" or "." or ".."));
}
