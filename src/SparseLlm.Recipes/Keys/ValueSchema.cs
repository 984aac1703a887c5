using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>JSON schemas of values. Wherever a single value stands, an environment variable may be
/// interpolated.</summary>
internal static class ValueSchema
{
    /// <summary>Text that is not empty.</summary>
    public static JsonObject Text() => new() { ["type"] = "string", ["minLength"] = 1 };

    /// <summary>A number, or text that becomes one.</summary>
    public static JsonObject Number(string type, double? minimum = null, double? maximum = null)
    {
        // Each of the other keywords applies to one of the two types only.
        var schema = new JsonObject { ["type"] = Names([type, "string"]), ["pattern"] = Interpolation.Syntax };
        if (minimum is not null)
        {
            schema["minimum"] = minimum;
        }

        if (maximum is not null)
        {
            schema["maximum"] = maximum;
        }

        return schema;
    }

    /// <summary>True or false.</summary>
    public static JsonObject Boolean() =>
        new() { ["type"] = Names(["boolean", "string"]), ["pattern"] = Interpolation.Syntax };

    /// <summary>A fraction of weights to prune.</summary>
    public static JsonObject Sparsity()
    {
        JsonObject schema = Number("number", minimum: 0);
        schema["exclusiveMaximum"] = 1;
        return schema;
    }

    /// <summary>A size, or a percentage.</summary>
    public static JsonObject SizeOrShare() => new()
    {
        ["type"] = Names(["string", "integer"]),
        ["pattern"] = @"^[0-9]+(\.[0-9]+)? ?([kKmMgGtT][iI]?)?[bB]?$|^[0-9]+(\.[0-9]+)?%$|" + Interpolation.Syntax,
        ["minimum"] = 0,
    };

    /// <summary>A list of whole numbers from 0, one of them, or text with commas between them.</summary>
    public static JsonObject Numbers()
    {
        JsonObject one = Number("integer", minimum: 0);
        one["pattern"] = @"^[0-9]+(, ?[0-9]+)*$|" + Interpolation.Syntax;
        return new JsonObject { ["anyOf"] = new JsonArray(one, List(Number("integer", minimum: 0))) };
    }

    /// <summary>N:M.</summary>
    public static JsonObject Pattern()
        => new() { ["type"] = "string", ["pattern"] = @"^[0-9]+:[0-9]+$|" + Interpolation.Syntax };

    /// <summary>One of some names.</summary>
    public static JsonObject Choice(IEnumerable<string> choices) => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = Names(choices) },
            new JsonObject { ["type"] = "string", ["pattern"] = Interpolation.Syntax }),
    };

    /// <summary>A list with at least one item.</summary>
    public static JsonObject List(JsonObject item) => new() { ["type"] = "array", ["minItems"] = 1, ["items"] = item };

    /// <summary>A value, or a list of such values.</summary>
    public static JsonObject OneOrList(Func<JsonObject> item)
        => new() { ["anyOf"] = new JsonArray(item(), List(item())) };

    /// <summary>A mapping from names that the user chooses.</summary>
    public static JsonObject MappingOf(JsonObject value)
        => new() { ["type"] = "object", ["additionalProperties"] = value };

    /// <summary>The schema, where nothing may be written as well.</summary>
    public static JsonObject OrNothing(JsonObject mapping)
    {
        mapping["type"] = Names(["object", "null"]);
        return mapping;
    }

    /// <summary>A list of names.</summary>
    public static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];
}
