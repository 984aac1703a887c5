using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>rules</c>.</summary>
internal sealed class RuleReader(ReadingContext context, PatternReader patterns)
{
    /// <summary>The rules, in the order of the file.</summary>
    public IReadOnlyList<RuleRecipe> Read(YamlEntry entry) => [.. context.Items(entry).Select(Rule).OfType<RuleRecipe>()];

    private RuleRecipe? Rule(YamlNode item)
    {
        if (Section.Open("a rule", item.Location, item, RuleKeys.All, context.Diagnostics) is not { } section) return null;

        string? match = section.Require(RuleKeys.Match) is { } glob ? context.Scalars.Text(RuleKeys.Match.Name, glob) : null;
        section.AllowOne(PatternKeys.Sparsity, PatternKeys.Pattern, RuleKeys.Keep);
        var pattern = patterns.Read(section);
        if (section.Find(RuleKeys.Keep) is { } keep)
        {
            if (context.Scalars.Text(RuleKeys.Keep.Name, keep) is not (null or "true"))
                context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, keep.Location,
                    "'keep' can only be true; a tensor that is not to be kept dense needs no rule");
        }
        else if (section.Find(PatternKeys.Sparsity) is null && section.Find(PatternKeys.Pattern) is null)
        {
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, section.Owner, "a rule needs 'sparsity:', 'pattern:' or 'keep: true'");
        }

        return match is null ? null : new RuleRecipe(match, pattern, item.Location);
    }
}
