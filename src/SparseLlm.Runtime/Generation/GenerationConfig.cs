using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;

namespace SparseLlm.Runtime.Generation;

/// <summary>A model's <c>generation_config.json</c>: how its authors generate. Fields that are missing or null say
/// nothing.</summary>
internal sealed class GenerationConfig
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "generation_config.json";

    private const long MaximumLength = 1 << 20;

    // What transformers takes where the file says nothing.
    private const int DefaultTopK = 50;

    private readonly JsonElement fields;
    private readonly string path;

    private GenerationConfig(JsonElement fields, string path) => (this.fields, this.path) = (fields, path);

    /// <summary>Reads the file of a model directory; null where there is none.</summary>
    /// <exception cref="DiagnosticException">It cannot be read, or is not a JSON object.</exception>
    public static GenerationConfig? TryRead(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        using JsonDocument document = JsonFile.Read(
            path,
            MaximumLength,
            RuntimeDiagnostics.MalformedGenerationConfig,
            RuntimeDiagnostics.MalformedGenerationConfig);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? new GenerationConfig(document.RootElement.Clone(), path)
            : throw RuntimeDiagnostics.MalformedGenerationConfig.Error(
                new SourceLocation(path),
                "the file is not a JSON object; take it from where the weights come from, or delete it");
    }

    /// <summary>The options that the file recommends: those of sampling where it asks for sampling. The penalty counts
    /// either way, as in transformers.</summary>
    /// <exception cref="DiagnosticException">A value is not possible.</exception>
    public GenerationOptions Options()
    {
        var greedy = new GenerationOptions
        {
            RepetitionPenalty = Number("repetition_penalty", float.Epsilon, float.MaxValue, "a number above 0") ?? 1
        };
        return !Flag("do_sample") ? greedy : greedy with
        {
            Temperature = Number("temperature", 0, float.MaxValue, "a number from 0 on") ?? 1,
            TopK = Count("top_k") ?? DefaultTopK,
            TopP = Number("top_p", 0, 1, "a number from 0 to 1") ?? 1,
            MinP = Number("min_p", 0, 1, "a number from 0 to 1") ?? 0,
        };
    }

    /// <summary>The tokens that end a text: one, or a list of several; null where the file names none.</summary>
    /// <exception cref="DiagnosticException">They are no token ids.</exception>
    public IReadOnlyList<int>? EndTokens()
    {
        const string name = "eos_token_id";
        if (Find(name) is not { } ids)
        {
            return null;
        }

        JsonElement[] all = ids.ValueKind == JsonValueKind.Array ? [.. ids.EnumerateArray()] : [ids];
        return all.All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int value) && value >= 0)
            ? [.. all.Select(id => id.GetInt32())]
            : throw Malformed(name, "a token id or a list of some");
    }

    private bool Flag(string name) => Find(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        _ => throw Malformed(name, "true or false"),
    };

    private int? Count(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } field when field.TryGetInt32(out int value) && value >= 0 => value,
        _ => throw Malformed(name, "a whole number from 0 on"),
    };

    private float? Number(string name, float least, float greatest, string wanted) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } field when field.TryGetSingle(out float value) && value >= least
            && value <= greatest => value,
        _ => throw Malformed(name, wanted),
    };

    private JsonElement? Find(string name) =>
        fields.TryGetProperty(name, out JsonElement field) && field.ValueKind != JsonValueKind.Null ? field : null;

    private DiagnosticException Malformed(
        string name,
        string wanted) => RuntimeDiagnostics.MalformedGenerationConfig.Error(
        new SourceLocation(
            path), $"{name} is {Excerpt.Of(Find(name)!.Value.GetRawText())}, and has to be {wanted}; correct it, or "
                + $"delete the line");
}
