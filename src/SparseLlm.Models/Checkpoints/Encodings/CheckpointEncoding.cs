using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseLlm.Models.Checkpoints.Encodings;

/// <summary>How the weights of a model are stored.</summary>
[JsonConverter(typeof(NamesInJson))]
public enum CheckpointEncoding
{
    /// <summary>As any loader expects, zeros included.</summary>
    Dense,

    /// <summary>Packed: matrices without their zeros, as <c>sparsellm.json</c> says.</summary>
    Sparse,
}

/// <summary>What encodings are called.</summary>
public static class CheckpointEncodings
{
    /// <summary>The name, as recipes have it: <c>sparse</c>.</summary>
    public static string Name(this CheckpointEncoding encoding) => encoding.ToString().ToLowerInvariant();
}

/// <summary>The encodings in JSON, by their names in lower case.</summary>
internal sealed class NamesInJson() : JsonStringEnumConverter<CheckpointEncoding>(
    JsonNamingPolicy.CamelCase,
    allowIntegerValues: false);
