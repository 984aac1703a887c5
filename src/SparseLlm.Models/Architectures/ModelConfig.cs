using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Architectures;

/// <summary>
/// A Hugging Face <c>config.json</c>, or an object inside one. Every field that is asked for must have the right type and a
/// possible value; fields that are missing or null take the default that Hugging Face gives them.
/// </summary>
public sealed class ModelConfig
{
    private const int MaximumLayers = 10_000;
    private const int MaximumCount = 1 << 30;

    private readonly JsonElement fields;
    private readonly SourceLocation location;
    private readonly string prefix;

    private ModelConfig(JsonElement fields, SourceLocation location, string prefix) =>
        (this.fields, this.location, this.prefix) = (fields, location, prefix);

    /// <summary>Reads <c>config.json</c> of a model directory.</summary>
    /// <exception cref="DiagnosticException">The file is missing or is not a JSON object.</exception>
    public static ModelConfig Read(string directory)
    {
        string path = Path.Combine(directory, "config.json");
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ModelDiagnostics.MalformedConfig.Error(
                new SourceLocation(path), "the file cannot be read; name a Hugging Face model directory", e);
        }

        try
        {
            JsonElement root = JsonElement.Parse(json);
            return root.ValueKind == JsonValueKind.Object
                ? new ModelConfig(root, new SourceLocation(path), "")
                : throw ModelDiagnostics.MalformedConfig.Error(new SourceLocation(path), "the file is not a JSON object");
        }
        catch (JsonException e)
        {
            var location = new SourceLocation(path, (int)(e.LineNumber ?? -1) + 1, (int)(e.BytePositionInLine ?? -1) + 1);
            throw ModelDiagnostics.MalformedConfig.Error(
                location, "the file is not valid JSON; it may be truncated, so download it again", e);
        }
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether the field is there and null, where that means something else than a missing field.</summary>
    public bool IsNull(string name) =>
        fields.TryGetProperty(name, out JsonElement field) && field.ValueKind == JsonValueKind.Null;

    /// <summary>A whole number from 1 to 2^30.</summary>
    /// <exception cref="DiagnosticException">It is missing, unless there is a default, or something else.</exception>
    public int Count(string name, int? defaultValue = null) => (Find(name), defaultValue) switch
    {
        ({ ValueKind: JsonValueKind.Number } field, _)
            when field.TryGetInt32(out int value) && value is > 0 and <= MaximumCount => value,
        (null, { } value) => value,
        _ => throw Malformed(name, "a whole number above 0"),
    };

    /// <summary>One count divided by another, without a rest.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public int Divide(string name, string divisorName)
    {
        (int value, int divisor) = (Count(name), Count(divisorName));
        return value % divisor == 0 ? value / divisor : throw Invalid(divisorName, $"{divisor} does not divide {name}, {value}");
    }

    /// <summary><c>num_hidden_layers</c>, within reason.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public int LayerCount()
    {
        int layers = Count("num_hidden_layers");
        return layers <= MaximumLayers ? layers : throw Invalid("num_hidden_layers", $"{layers} layers are more than any model has");
    }

    /// <summary>A finite number above 0.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public double Positive(string name, double? defaultValue = null) => (Find(name), defaultValue) switch
    {
        ({ ValueKind: JsonValueKind.Number } field, _)
            when field.TryGetDouble(out double value) && double.IsFinite(value) && value > 0 => value,
        (null, { } value) => value,
        _ => throw Malformed(name, "a number above 0"),
    };

    /// <summary>True or false.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public bool Flag(string name, bool defaultValue) => Find(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        null => defaultValue,
        _ => throw Malformed(name, "true or false"),
    };

    /// <summary>A text.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public string Text(string name, string? defaultValue = null) => Find(name) switch
    {
        { ValueKind: JsonValueKind.String } field => Text(field, name),
        null when defaultValue is not null => defaultValue,
        _ => throw Malformed(name, "a text"),
    };

    /// <summary>A list of texts; empty if the field is missing.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public IReadOnlyList<string> Texts(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.Array } field => [.. field.EnumerateArray().Select(item => Text(item, name))],
        null => [],
        _ => throw Malformed(name, "a list of texts"),
    };

    /// <summary>A nested object, or null if the field is missing.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public ModelConfig? Object(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.Object } field => new ModelConfig(field, location, prefix + name + "."),
        null => null,
        _ => throw Malformed(name, "an object"),
    };

    /// <summary>Checks that a field has the only value (or one of the values) that is supported.</summary>
    /// <exception cref="DiagnosticException">It has another.</exception>
    public void Require(string name, string value, params string[] supported)
    {
        if (!supported.Contains(value))
        {
            throw Unsupported(name, $"'{value}' is not supported; supported is {string.Join(", ", supported)}");
        }
    }

    /// <summary>A value that Hugging Face may know but this library does not.</summary>
    public DiagnosticException Unsupported(string name, string problem) =>
        ModelDiagnostics.UnsupportedConfig.Error(location, $"{prefix}{name}: {problem}");

    /// <summary>A value that no model can have.</summary>
    public DiagnosticException Invalid(string name, string problem) =>
        ModelDiagnostics.MalformedConfig.Error(location, $"{prefix}{name}: {problem}");

    /// <summary>An architecture that this library does not know.</summary>
    public DiagnosticException UnknownArchitecture(string name, IEnumerable<string> supported) =>
        ModelDiagnostics.UnsupportedArchitecture.Error(
            location, $"the architecture '{name}' is not supported; supported are {string.Join(", ", supported)}");

    private JsonElement? Find(string name) =>
        fields.TryGetProperty(name, out JsonElement field) && field.ValueKind != JsonValueKind.Null ? field : null;

    private string Text(JsonElement field, string name)
    {
        try
        {
            return field.GetString() ?? throw Malformed(name, "a text");
        }
        catch (InvalidOperationException e)
        {
            // Not a string, or one with invalid UTF-8 or half of a surrogate pair.
            throw Malformed(name, "a text", e);
        }
    }

    private DiagnosticException Malformed(string name, string expected, Exception? inner = null)
    {
        string found = Find(name) is { } field ? $"is {Shortened(field.GetRawText())}" : "is missing";
        return ModelDiagnostics.MalformedConfig.Error(location, $"{prefix}{name} {found}; it must be {expected}", inner);
    }

    private static string Shortened(string text) =>
        (text.Length <= 40 ? text : text[..40] + "...").ReplaceLineEndings(" ");
}
