using System.Text.Json;
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

    /// <summary>Shard names by tensor name.</summary>
    /// <exception cref="DiagnosticException">The file is malformed, or a shard lies outside its directory.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(FileBytes.ReadAll(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out JsonElement map)
                || map.ValueKind != JsonValueKind.Object)
            {
                throw Malformed(path, "there is no weight_map");
            }

            Dictionary<string, string> shards = [];
            foreach (JsonProperty entry in map.EnumerateObject())
            {
                string shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
                if (!IsInside(shard))
                {
                    throw Malformed(path, $"tensor '{entry.Name}' is listed in '{entry.Value}', which is not a file below " +
                        "the model's directory");
                }

                if (!shards.TryAdd(entry.Name, shard))
                {
                    throw Malformed(path, $"tensor '{entry.Name}' is listed twice");
                }
            }

            return shards.Count > 0 ? shards : throw Malformed(path, "weight_map is empty");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(path, $"the file is not valid JSON ({e.Message})", e);
        }
    }

    /// <summary>An index that contradicts itself or its shards.</summary>
    public static DiagnosticException Malformed(string path, string problem, Exception? inner = null) =>
        ModelDiagnostics.MalformedIndex.Error(new SourceLocation(path), $"{problem}; download the checkpoint again", inner);

    /// <summary>
    /// Looked at as text, by the rules of every platform. Links are not resolved: in a Hugging Face cache each file is one.
    /// </summary>
    private static bool IsInside(string shard) =>
        shard.IndexOfAny(['\\', ':', '\0']) < 0
        && shard.Split('/').All(segment => segment is not ("" or "." or ".."));
}
