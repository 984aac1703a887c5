using System.Text.Json.Nodes;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Keys;

/// <summary>The keys of <c>settings</c>: <see cref="Setting.All"/>.</summary>
internal static class SettingKeys
{
    public static KeyTable All { get; } = new([.. Setting.All.Select(ToKey)]);

    private static RecipeKey ToKey(Setting setting)
    {
        JsonValue? standard = ToJson(setting.Default);
        return new RecipeKey(setting.Name, setting.Description, Schema(setting), standard ?? JsonValue.Create(1.0))
        {
            Default = standard
        };
    }

    private static JsonObject Schema(Setting setting) => setting switch
    {
        BooleanSetting => ValueSchema.Boolean(),
        NumberSetting<int> whole => ValueSchema.Number("integer", whole.Minimum, whole.Maximum),
        NumberSetting<double> number => ValueSchema.Number("number", number.Minimum, number.Maximum),
        _ => ValueSchema.Choice(setting.Choices),
    };

    private static JsonValue? ToJson(SettingValue? value) => value switch
    {
        null => null,
        SettingValue<bool> one => JsonValue.Create(one.Value),
        SettingValue<int> whole => JsonValue.Create(whole.Value),
        SettingValue<double> number => JsonValue.Create(number.Value),
        _ => JsonValue.Create(value.Text),
    };
}
