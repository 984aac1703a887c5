using System.Text.Json.Nodes;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys that a mapping may have.</summary>
internal sealed class KeyTable(params IReadOnlyList<RecipeKey> keys)
{
    /// <summary>Their names, in the order to show them.</summary>
    public IReadOnlyCollection<string> Names { get; } = [.. keys.Select(key => key.Name)];

    /// <summary>JSON schema keywords for what no single key says, such as keys that exclude each other.</summary>
    public JsonObject Constraints { get; init; } = [];

    /// <summary>Whether there is a key of that name.</summary>
    public bool Contains(string name) => Names.Contains(name);

    /// <summary>The key of a name that is known to be one of <see cref="Names"/>.</summary>
    public RecipeKey this[string name] => keys.First(key => key.Name == name);

    /// <summary>The JSON schema of the mapping.</summary>
    public JsonObject ToSchema()
    {
        var properties = new JsonObject();
        foreach (RecipeKey key in keys)
        {
            var schema = new JsonObject { ["description"] = key.Purpose };
            foreach (var (keyword, value) in key.Schema)
            {
                schema[keyword] = value?.DeepClone();
            }

            if (key.Default is not null)
            {
                schema["default"] = key.Default.DeepClone();
            }

            schema["examples"] = new JsonArray(key.Example.DeepClone());
            properties[key.Name] = schema;
        }

        var mapping = new JsonObject { ["type"] = "object", ["additionalProperties"] = false };
        foreach (var (keyword, value) in Constraints)
        {
            mapping[keyword] = value?.DeepClone();
        }

        string[] required = [.. keys.Where(key => key.IsRequired).Select(key => key.Name)];
        if (required.Length > 0)
        {
            mapping["required"] = ValueSchema.Names(required);
        }

        mapping["properties"] = properties;
        return mapping;
    }
}
