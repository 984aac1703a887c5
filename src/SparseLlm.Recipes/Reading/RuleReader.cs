using SparseLlm.Pruning.Patterns;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>rules</c>.</summary>
internal sealed class RuleReader(ReadingContext context, PatternReader patterns)
{
    // More than the largest models have matrices. Each is held against the name of each matrix.
    private const int MostRules = 2000;

    /// <summary>The rules, in the order of the file.</summary>
    public IReadOnlyList<SparsityRule> Read(YamlEntry entry)
    {
        IReadOnlyList<YamlNode> items = context.Items(entry);
        if (items.Count <= MostRules)
        {
            return [.. items.Select(Rule).OfType<SparsityRule>()];
        }

        context.Diagnostics.Add(RecipeDiagnostics.TooMany, entry.Key.Location, FormattableString.Invariant(
            $"there are {items.Count} rules, and at most {MostRules} are read; let one glob match what several do"));
        return [];
    }

    private SparsityRule? Rule(YamlNode item)
    {
        if (Section.Open(
            "a rule",
            item.Location,
            item,
            RuleKeys.All,
            context.Diagnostics) is not { } section)
        {
            return null;
        }

        string? match = section.Require(RuleKeys.Match) is { } glob
            ? context.Scalars.Text(RuleKeys.Match.Name, glob)
            : null;
        section.AllowOne(PatternKeys.Sparsity, PatternKeys.Pattern, RuleKeys.Keep);
        var pattern = patterns.Read(section);
        if (section.Find(RuleKeys.Keep) is { } keep)
        {
            if (context.Scalars.Text(RuleKeys.Keep.Name, keep) is not (null or "true"))
            {
                context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, keep.Location,
                    "'keep' can only be true; a tensor that is not to be kept dense needs no rule");
            }
        }
        else if (!section.Means(PatternKeys.Sparsity) && !section.Means(PatternKeys.Pattern)
            && !section.Means(RuleKeys.Keep))
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.MissingKey,
                section.Owner,
                "a rule needs 'sparsity:', 'pattern:' or 'keep: true'");
        }

        return match is null ? null : new SparsityRule(match, pattern, item.Location);
    }
}
