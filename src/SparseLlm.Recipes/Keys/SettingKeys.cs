using System.Text.Json.Nodes;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>settings</c>: <see cref="Setting.All"/>.</summary>
internal static class SettingKeys
{
    public static KeyTable All { get; } = new([.. Setting.All.Select(ToKey)]);

    private static RecipeKey ToKey(Setting setting)
    {
        JsonNode? standard = Default(setting);
        return new RecipeKey(setting.Name, setting.Description, Schema(setting), standard ?? JsonValue.Create(1.0))
        {
            Default = standard
        };
    }

    private static JsonObject Schema(Setting setting) => setting switch
    {
        { Choices.Count: > 0 } => ValueSchema.Choice(setting.Choices),
        { IsBoolean: true } => ValueSchema.Boolean(),
        _ => ValueSchema.Number(setting.IsInteger ? "integer" : "number", setting.Minimum, setting.Maximum),
    };

    private static JsonNode? Default(Setting setting) => setting.Value(new PruningSettings()) switch
    {
        null => null,
        { } value when setting.Choices.Count > 0 => value,
        { } value => JsonNode.Parse(value),
    };
}
