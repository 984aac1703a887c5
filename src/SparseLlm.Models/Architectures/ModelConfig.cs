using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Definitions;

namespace SparseLlm.Models.Architectures;

/// <summary>
/// A Hugging Face <c>config.json</c>, or an object inside one. Every field that is asked for must have the right type
/// and a possible value; fields that are missing or null take the default that Hugging Face gives them. It remembers
/// what it was asked for, so that in the end it can say which fields nobody has read.
/// </summary>
public sealed class ModelConfig
{
    private const string FileName = "config.json";
    private const long MaximumLength = 1 << 24;
    private const int MaximumLayers = 10_000;
    private const int MaximumInLayers = 50_000;
    private const int MaximumWidth = 1 << 20;
    private const int MaximumCount = 1 << 30;

    private readonly JsonElement fields;
    private readonly SourceLocation location;
    private readonly string prefix;
    private readonly HashSet<string> read = [];

    private ModelConfig(JsonElement fields, SourceLocation location, string prefix) =>
        (this.fields, this.location, this.prefix) = (fields, location, prefix);

    /// <summary>Reads <c>config.json</c> of a model directory, if there is one.</summary>
    /// <exception cref="DiagnosticException">The file cannot be read, or is not a JSON object.</exception>
    public static ModelConfig? TryRead(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        using JsonDocument document = JsonFile.Read(
            path,
            MaximumLength,
            ModelDiagnostics.MalformedConfig,
            ModelDiagnostics.MalformedConfig);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? new ModelConfig(document.RootElement.Clone(), new SourceLocation(path), "")
            : throw ModelDiagnostics.MalformedConfig.Error(new SourceLocation(path), "the file is not a JSON object");
    }

    /// <summary>A model directory without the file.</summary>
    public static DiagnosticException Missing(string directory) => ModelDiagnostics.MalformedConfig.Error(
        new SourceLocation(
            Path.Combine(directory, FileName)), "there is no such file; take it from where the weights come from");

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether the field is there and null, where that means something else than a missing field.</summary>
    public bool IsNull(string name) =>
        fields.TryGetProperty(name, out JsonElement field) && field.ValueKind == JsonValueKind.Null;

    /// <summary>The fields that have not been asked for, and that are not null.</summary>
    public IEnumerable<JsonProperty> Unread =>
        fields.EnumerateObject()
            .Where(property => property.Value.ValueKind != JsonValueKind.Null && !read.Contains(property.Name));

    /// <summary>A whole number up to 2^30.</summary>
    /// <exception cref="DiagnosticException">It is missing, unless there is a default, or something else.</exception>
    public int Count(string name, int? defaultValue = null, int minimum = 1) => (Find(name), defaultValue) switch
    {
        ({ ValueKind: JsonValueKind.Number } field, _)
            when field.TryGetInt32(out int value) && value >= minimum && value <= MaximumCount => value,
        (null, { } value) => value,
        _ => throw Malformed(name, FormattableString.Invariant($"a whole number from {minimum} to {MaximumCount}")),
    };

    /// <summary>A number of channels or heads, within reason: something is sized by it before there is a weight to hold
    /// it against.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public int Width(string name, int? defaultValue = null) => Limited(name, Count(name, defaultValue), MaximumWidth);

    /// <summary>One width divided by another, without a rest.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public int Divide(string name, string divisorName)
    {
        (int value, int divisor) = (Width(name), Width(divisorName));
        return value % divisor == 0
            ? value / divisor
            : throw Invalid(divisorName, $"{divisor} does not divide {name}, {value}");
    }

    /// <summary>The number of layers, within reason.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public int LayerCount(string name = "num_hidden_layers") => Limited(name, Count(name), MaximumLayers);

    /// <summary>How many of something each of so many layers has, within reason.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public int CountInLayers(string name, int layers) => Limited(name, Count(name), MaximumInLayers / layers);

    /// <summary>A number above 0 that is so in single precision, too.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public double Positive(string name, double? defaultValue = null) => (Find(name), defaultValue) switch
    {
        ({ ValueKind: JsonValueKind.Number } field, _)
            when field.TryGetDouble(out double value) && (float)value is > 0 and < float.PositiveInfinity => value,
        (null, { } value) => value,
        _ => throw Malformed(name, "a number above 0 within single precision"),
    };

    /// <summary>A number above 0, or null where the field is null: a factor or cap that a model may be
    /// without.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public float? PositiveOrNone(string name, double? defaultValue) =>
        Has(name) ? (float)Positive(name) : IsNull(name) ? null : (float?)defaultValue;

    /// <summary>A list of numbers above 0.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public IReadOnlyList<double> Positives(string name) => Find(name) is { ValueKind: JsonValueKind.Array } field
        && field.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number
            && item.TryGetDouble(out double value)
            && (float)value is > 0 and < float.PositiveInfinity)
            ? [.. field.EnumerateArray().Select(item => item.GetDouble())]
            : throw Malformed(name, "a list of numbers above 0 within single precision");

    /// <summary>A list of whole numbers from 0 on; empty if the field is missing.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public IReadOnlyList<int> Counts(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.Array } field when field.EnumerateArray()
            .All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int value) && value >= 0) =>
            [.. field.EnumerateArray().Select(item => item.GetInt32())],
        null => [],
        _ => throw Malformed(name, "a list of whole numbers from 0 on"),
    };

    /// <summary>Of the names that a field has in different files, the one under which it is here; the first if it is
    /// under none.</summary>
    /// <exception cref="DiagnosticException">It is here under two, with different values.</exception>
    public string NameOf(params string[] names)
    {
        string[] found = [.. names.Where(Has)];
        string? other = found.Skip(1)
            .FirstOrDefault(name => !JsonElement.DeepEquals(Find(name)!.Value, Find(found[0])!.Value));
        return other is null
            ? found.FirstOrDefault() ?? names[0]
            : throw Invalid(other, $"it contradicts {PathOf(found[0])}; delete one of them");
    }

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
        { ValueKind: JsonValueKind.String } field => field.GetString()!,
        null when defaultValue is not null => defaultValue,
        _ => throw Malformed(name, "a text"),
    };

    /// <summary>The name of an activation.</summary>
    /// <exception cref="DiagnosticException">It is not a text, or none of those that are supported.</exception>
    public Activation Activation(string name, string defaultValue)
    {
        string activation = Text(name, defaultValue);
        return Definitions.Activation.Named(activation)
            ?? throw Unsupported(name, $"'{Excerpt.Of(activation)}' is not supported; supported are "
                + $"{string.Join(", ", Definitions.Activation.Names)}");
    }

    /// <summary>A list of texts; empty if the field is missing.</summary>
    /// <inheritdoc cref="Count" path="/exception"/>
    public IReadOnlyList<string> Texts(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.Array } field when field.EnumerateArray()
            .All(item => item.ValueKind == JsonValueKind.String) =>
            [.. field.EnumerateArray().Select(item => item.GetString()!)],
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
            throw Unsupported(
                name,
                $"'{Excerpt.Of(value)}' is not supported; supported is {string.Join(", ", supported)}");
        }
    }

    /// <summary>A value that Hugging Face may know but this library does not.</summary>
    public DiagnosticException Unsupported(string name, string problem) =>
        Error(ModelDiagnostics.UnsupportedConfig, $"{prefix}{name}: {problem}");

    /// <summary>A value that no model can have.</summary>
    public DiagnosticException Invalid(string name, string problem) =>
        Error(ModelDiagnostics.MalformedConfig, $"{prefix}{name}: {problem}");

    /// <summary>A field's name with those of the objects in which it is.</summary>
    public string PathOf(string name) => prefix + name;

    /// <summary>Something about the file.</summary>
    public DiagnosticException Error(DiagnosticDescriptor descriptor, string problem)
        => descriptor.Error(location, problem);

    private JsonElement? Find(string name)
    {
        read.Add(name);
        return fields.TryGetProperty(name, out JsonElement field) && field.ValueKind != JsonValueKind.Null
            ? field
            : null;
    }

    private int Limited(string name, int value, int limit) =>
        value <= limit ? value : throw Invalid(name, $"{value} is more than any model has");

    private DiagnosticException Malformed(string name, string expected)
    {
        string found = Find(name) is { } field ? $"is {Excerpt.Of(field.GetRawText())}" : "is missing";
        return Error(ModelDiagnostics.MalformedConfig, $"{prefix}{name} {found}; it must be {expected}");
    }
}
