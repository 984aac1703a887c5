using System.Text.Json;

namespace SparseLlm.Benchmarks.Quality;

/// <summary>Perplexities of other implementations: model name, method, pattern.</summary>
internal sealed class PeerPerplexities(JsonElement models)
{
    /// <summary>Reads <c>{"model": {"method": {"0.5": 67.9}}}</c>.</summary>
    public static PeerPerplexities Read(string path) => new(JsonDocument.Parse(File.ReadAllBytes(path)).RootElement);

    /// <summary>The methods that the file knows for a model.</summary>
    public IEnumerable<string> Methods(string model) =>
        models.TryGetProperty(model, out JsonElement methods)
            ? methods.EnumerateObject().Where(method => method.Value.ValueKind == JsonValueKind.Object)
                .Select(method => method.Name)
            : [];

    /// <summary>A perplexity, or null where the file has none.</summary>
    public double? Find(string model, string method, string pattern) =>
        models.GetProperty(model).GetProperty(method).TryGetProperty(pattern, out JsonElement value)
            ? value.GetDouble()
            : null;
}
