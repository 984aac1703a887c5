using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Reading;

/// <summary>The value that the recipe gives a setting.</summary>
internal sealed record SettingChoice(SettingValue Value, SourceLocation Location)
{
    /// <summary>The setting.</summary>
    public Setting Setting => Value.Setting;

    /// <summary>Whether it means anything to a method.</summary>
    public bool Concerns(PruningMethod method) => Setting.Methods.Contains(method);
}
