using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Reading;

/// <summary>A setting and the valid value that the recipe gives it.</summary>
internal sealed record SettingChoice(Setting Setting, string Value, SourceLocation Location)
{
    // What only sparsellm looks at: other methods are their own solver and have no auxiliary variables.
    private static readonly string[] OnlyForSparseLlm = ["solver", "variant", "sweeps", "alpha", "beta", "gamma"];

    /// <summary>Whether it means anything to a method.</summary>
    public bool Concerns(PruningMethod method)
        => method == PruningMethod.SparseLlm || !OnlyForSparseLlm.Contains(Setting.Name);
}
