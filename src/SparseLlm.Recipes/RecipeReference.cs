using System.Text;
using System.Text.Json.Nodes;

namespace SparseLlm.Recipes;

/// <summary>The reference of <c>pruning.yaml</c> as Markdown, made from its schema.</summary>
internal static class RecipeReference
{
    /// <summary>Every key with its meaning, values, default and an example, section by section.</summary>
    public static string Generate()
    {
        JsonNode schema = JsonNode.Parse(RecipeSchema.Generate())!;
        var text = new StringBuilder("""
            # pruning.yaml

            This page is generated from the schema (`schemas/pruning.schema.json`). Editors with the YAML
            language server use the schema to complete and check a recipe; `dotnet sparsellm init` writes the
            line that connects the two. Paths are relative to the recipe. `${env:NAME}` in a value is replaced
            by an environment variable. Bold keys are required.

            """);
        Section(text, "At the top", "", schema);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, string path, JsonNode mapping)
    {
        text.Append('\n').Append("## ").Append(title)
            .Append("\n\n| key | meaning | values | default | example |\n|---|---|---|---|---|\n");
        JsonObject properties = mapping["properties"]!.AsObject();
        HashSet<string> required = [.. (mapping["required"]?.AsArray() ?? []).Select(name => name!.GetValue<string>())];
        foreach ((string name, JsonNode? key) in properties)
        {
            string shown = required.Contains(name) ? $"**`{name}`**" : $"`{name}`";
            text.Append($"| {shown} | {Cell(key!["description"]!.GetValue<string>())} | {Values(key)} | "
                + $"{Code(key["default"])} | {Code(key["examples"]?[0])} |\n");
        }

        foreach ((string name, JsonNode? key) in properties)
        {
            // 'defaults' has the keys of an artifact.
            string below = path.Length == 0 ? name : $"{path}: {name}";
            if (name != "defaults" && Mapping(key!) is { } inner)
            {
                Section(text, $"`{below}:`", below, inner);
            }

            // Beside keys of its own, those of entries that the user names.
            if (name != "defaults" && key!["properties"] is not null && key["additionalProperties"] is JsonObject named)
            {
                Section(text, $"`{below}: NAME:`", below, named);
            }
        }
    }

    /// <summary>The mapping that a value is, that its entries are by a name of the user's, or that the items of a list
    /// are.</summary>
    private static JsonNode? Mapping(JsonNode value) =>
        value["properties"] is not null ? value
        : value["additionalProperties"] is JsonObject entry ? Mapping(entry)
        : value["items"] is JsonObject item ? Mapping(item)
        : value["anyOf"] is JsonArray choices
            ? choices.Select(choice => Mapping(choice!)).FirstOrDefault(mapping => mapping is not null)
            : null;

    private static string Values(JsonNode key)
    {
        if (key["enum"] is JsonArray names)
        {
            return string.Join(", ", names.Select(Code));
        }

        if (key["anyOf"] is JsonArray choices)
        {
            return string.Join(" or ", choices.Where(
                choice => choice!["pattern"]?.GetValue<string>() != Interpolation.Syntax)
                    .Select(choice => Values(choice!)).Distinct());
        }

        string type = (key["type"] switch
        {
            JsonArray types => types[0]!,
            { } single => single,
            null => "",
        }).ToString();
        string range = (key["minimum"], key["maximum"] ?? key["exclusiveMaximum"]) switch
        {
            (null, null) => "",
            ({ } least, null) => $" from {least}",
            (null, { } most) => $" to {most}",
            ({ } least, { } most) => $" from {least} to {(key["maximum"] is null ? "below " : "")}{most}",
        };
        return type switch
        {
            "object" => "mapping",
            "array" when key["items"] is JsonObject item => $"list of {Values(item)}",
            "integer" => "whole number" + range,
            "number" => type + range,
            _ => type,
        };
    }

    private static string Code(JsonNode? value) => value switch
    {
        null => "",
        JsonObject or JsonArray => $"`{Flow(value)}`",
        _ when value.ToString().Contains('\n', StringComparison.Ordinal) => $"`{value.ToJsonString()}`",
        _ => $"`{value}`",
    };

    /// <summary>A value in YAML's flow style, on one line.</summary>
    private static string Flow(JsonNode? value) => value switch
    {
        JsonObject mapping => $"{{ {string.Join(", ", mapping.Select(entry => $"{entry.Key}: {Flow(entry.Value)}"))} "
            + $"}}",
        JsonArray list => $"[{string.Join(", ", list.Select(Flow))}]",
        _ => value?.GetValueKind() == System.Text.Json.JsonValueKind.String && value.ToString() is var text
            && (text.Contains(':', StringComparison.Ordinal) || text.StartsWith('*'))
            ? $"\"{text}\""
            : value?.ToString() ?? "",
    };

    private static string Cell(string text)
        => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
