using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SparseLlm.Files;

/// <summary>
/// Records of this project as JSON, written here and read back after they have been elsewhere: on a disk, on a server,
/// under an editor. What comes out of reading has exactly the types that its records declare: nothing is null that may
/// not be, in lists and dictionaries too; nothing that has to be there is missing; nothing is there twice; numbers are
/// finite. A record that has rules of its own implements <see cref="IJsonOnDeserialized"/> and states them by
/// <see cref="Require"/>.
/// </summary>
public static class RecordJson
{
    /// <summary>On one line, for programs.</summary>
    private static readonly JsonSerializerOptions Compact = new(Strict()) { Converters = { new FiniteNumbers() } };

    /// <summary>Over many lines, for people too; what is null is left out.</summary>
    private static readonly JsonSerializerOptions Indented = new(Compact)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>What holds of all records, for those that need more: kinds of an abstract record, or numbers that are
    /// not finite.</summary>
    /// <param name="modifiers">What else there is to know of types.</param>
    public static JsonSerializerOptions Strict(params Action<JsonTypeInfo>[] modifiers)
    {
        var resolver = new DefaultJsonTypeInfoResolver
        {
            Modifiers = { RequireParameters, RejectNull, RequireBeforeRules }
        };
        foreach (Action<JsonTypeInfo> modifier in modifiers)
        {
            resolver.Modifiers.Add(modifier);
        }

        return new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            RespectNullableAnnotations = true,
            AllowDuplicateProperties = false,
            Converters = { new FilledCollections() },
            TypeInfoResolver = resolver,
        };
    }

    /// <summary>A record on one line.</summary>
    public static byte[] Write<T>(T record) => JsonSerializer.SerializeToUtf8Bytes(record, Compact);

    /// <summary>A record over many lines, with the end of the last; what is null is left out.</summary>
    public static byte[] WriteIndented<T>(T record)
        => [.. JsonSerializer.SerializeToUtf8Bytes(record, Indented), (byte)'\n'];

    /// <summary>A record as an element of another document.</summary>
    public static JsonElement ToElement(object record)
        => JsonSerializer.SerializeToElement(record, record.GetType(), Compact);

    /// <summary>Reads a record.</summary>
    /// <param name="utf8">Its bytes; they may be changed in place.</param>
    /// <exception cref="JsonException">It is none of this type, or breaks a rule of its own.</exception>
    public static T Read<T>(byte[] utf8)
        where T : class
    {
        using JsonDocument document = ForeignJson.Parse(utf8);
        return Read<T>(document.RootElement);
    }

    /// <summary>Reads a record that is an element of a document of <see cref="ForeignJson"/>, or was in one that was
    /// read here.</summary>
    /// <exception cref="JsonException">It is none of this type, or breaks a rule of its own; its message is for
    /// people.</exception>
    public static T Read<T>(JsonElement element)
        where T : class => Read<T>(element, Compact);

    /// <summary>As above, by options that <see cref="Strict"/> has made.</summary>
    /// <exception cref="JsonException">As above.</exception>
    public static T Read<T>(JsonElement element, JsonSerializerOptions strict)
        where T : class
    {
        try
        {
            return element.Deserialize<T>(strict) ?? throw new BrokenRuleException("there is null and no object");
        }
        catch (Exception exception)
            when (exception is NotSupportedException or (JsonException and not BrokenRuleException))
        {
            // The serializer speaks of the types of this program; of an abstract one that is not said to be of any
            // kind, in an exception of its own.
            string place = (exception as JsonException)?.Path?.TrimStart('$', '.') is { Length: > 0 } path
                ? $"'{path}' is"
                : "it is";
            throw new JsonException($"{place} not what it should be, or something in it is missing", exception);
        }
    }

    /// <summary>States a rule of a record that has just been read.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="broken">What is the matter if it does not, as a sentence without its end.</param>
    /// <exception cref="JsonException">It does not hold.</exception>
    public static void Require(bool holds, string broken)
    {
        if (!holds)
        {
            throw new BrokenRuleException(broken);
        }
    }

    /// <summary>A parameter of a record's constructor has to be there unless it may be null, and then null and absent
    /// are the same.</summary>
    private static void RequireParameters(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties.Where(property
            => property is { Set: not null, AssociatedParameter: { IsNullable: false, HasDefaultValue: false } }))
        {
            property.IsRequired = true;
        }
    }

    /// <summary>The serializer lets null pass into a property of a record that has parameters too.</summary>
    private static void RejectNull(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties
            .Where(property => property is { IsSetNullable: false, AssociatedParameter: null }))
        {
            if (property.Set is { } set)
            {
                property.Set = (record, value) =>
                {
                    Require(value is not null, $"'{property.Name}' is null");
                    set(record, value);
                };
            }
        }
    }

    /// <summary>The serializer finds what is missing after a record has stated its rules, which count on its being
    /// there.</summary>
    private static void RequireBeforeRules(JsonTypeInfo type)
    {
        if (type.OnDeserialized is { } rules)
        {
            JsonPropertyInfo[] required = [.. type.Properties
                .Where(property => property is { IsRequired: true, PropertyType.IsValueType: false, Get: not null })];
            type.OnDeserialized = record =>
            {
                foreach (JsonPropertyInfo property in required)
                {
                    Require(property.Get!(record) is not null, $"'{property.Name}' is missing");
                }

                rules(record);
            };
        }
    }

    /// <summary>The serializer looks at what is declared of a property, and not at what is declared of the elements of
    /// a collection in it.</summary>
    private sealed class FilledCollections : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => ConverterOf(typeToConvert) is not null;

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(ConverterOf(typeToConvert)!)!;

        private static Type? ConverterOf(Type type)
            => type is { IsGenericType: true, GenericTypeArguments: [.., { IsValueType: false } element] }
            ? type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? typeof(FilledList<>).MakeGenericType(element)
                : type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)
                    && type.GenericTypeArguments[0] == typeof(string)
                    ? typeof(FilledDictionary<>).MakeGenericType(element)
                    : null
            : null;
    }

    private sealed class BrokenRuleException(string message) : JsonException(message);

    /// <summary>A number that is too large for its type comes out of reading as infinite, which cannot be written
    /// again.</summary>
    private sealed class FiniteNumbers : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            double number = reader.TokenType == JsonTokenType.Number
                ? reader.GetDouble()
                : throw new BrokenRuleException("a number is something else");
            Require(double.IsFinite(number), "a number is too large");
            return number;
        }

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
            => writer.WriteNumberValue(value);
    }

    private sealed class FilledList<T> : JsonConverter<IReadOnlyList<T>>
        where T : class
    {
        public override IReadOnlyList<T> Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options)
        {
            T?[] elements = JsonSerializer.Deserialize<T?[]>(ref reader, options)!;
            Require(!elements.Contains(null), "a list has null in it");
            return elements!;
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize<IEnumerable<T>>(writer, value, options);
    }

    private sealed class FilledDictionary<T> : JsonConverter<IReadOnlyDictionary<string, T>>
        where T : class
    {
        public override IReadOnlyDictionary<string, T> Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options)
        {
            Dictionary<string, T?> values = JsonSerializer.Deserialize<Dictionary<string, T?>>(ref reader, options)!;
            Require(!values.ContainsValue(null), "a name has null for a value");
            return values!;
        }

        public override void Write(
            Utf8JsonWriter writer,
            IReadOnlyDictionary<string, T> value,
            JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, new Dictionary<string, T>(value), options);
    }
}
