using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Reading;

/// <summary>The value that the recipe gives a setting.</summary>
internal sealed record SettingChoice(SettingValue Value, SourceLocation Location)
{
    /// <summary>The setting.</summary>
    public Setting Setting => Value.Setting;

    /// <summary>Whether it is put into the settings of a method: what others alone consist of is not. What the method
    /// takes and does not look at is, since keys are made of all settings.</summary>
    public bool IsTakenBy(PruningMethod method) => !Setting.IsPartOfSparseLlm || method == PruningMethod.SparseLlm;
}
