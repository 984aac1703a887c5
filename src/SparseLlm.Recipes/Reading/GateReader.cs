using SparseLlm.Diagnostics;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>gates</c>.</summary>
/// <param name="context">Where mistakes go.</param>
/// <param name="perplexities">The names of the perplexities that the recipe declares; null if that is not known.</param>
internal sealed class GateReader(ReadingContext context, IReadOnlySet<string>? perplexities)
{
    // From here on a fraction looks like a percentage without its sign: 'maxIncrease: 5' is 500 %.
    private const double Wide = 2;

    /// <summary>The gates, in the order of the file.</summary>
    public IReadOnlyList<GateRecipe> Read(YamlEntry entry) => [.. context.Named(entry, "perplexity").Select(Gate).OfType<GateRecipe>()];

    private GateRecipe? Gate(YamlEntry entry)
    {
        if (perplexities?.Contains(entry.Name) == false)
        {
            string advice = perplexities.Count == 0
                ? "declare it under 'evaluation: perplexity:'"
                : Nearest.Suggest(entry.Name, perplexities);
            context.Diagnostics.Add(RecipeDiagnostics.UnknownPerplexity, entry.Key.Location,
                $"gate on unknown perplexity '{entry.Name}'; {advice}");
        }

        if (context.Open(entry, GateKeys.All) is not { } section) return null;

        double? increase = section.Find(GateKeys.MaxIncrease) is { } limit ? Increase(limit) : null;
        double? max = section.Find(GateKeys.Max) is { } node ? Max(node) : null;
        if (!section.Means(GateKeys.MaxIncrease) && !section.Means(GateKeys.Max))
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, section.Owner,
                $"gate '{entry.Name}' limits nothing; it needs 'maxIncrease:' or 'max:'");
        string? severity = section.Find(GateKeys.Severity) is { } choice ? context.Scalars.Choice(GateKeys.Severity, choice) : null;
        return new GateRecipe(entry.Name, increase, max, entry.Key.Location)
        {
            Severity = severity is null ? Severity.Error : EnumNames.Parse<Severity>(severity),
        };
    }

    private double? Increase(YamlNode node)
    {
        if (context.Scalars.Text(GateKeys.MaxIncrease.Name, node) is not { } text) return null;

        bool isPercent = text.EndsWith('%');
        if (!ScalarReader.TryNumber(isPercent ? text[..^1] : text, out double number) || number < 0)
        {
            string hint = text.Contains(',') ? "; write decimals with a point" : "";
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                $"'maxIncrease' must be a percentage such as 25%, or a fraction such as 0.25, found '{text}'{hint}");
            return null;
        }

        if (!isPercent && number >= Wide)
        {
            context.Diagnostics.Add(RecipeDiagnostics.WideGate, node.Location, FormattableString.Invariant(
                $"'maxIncrease: {number}' allows {number * 100} %; write {number}% or {number * 100}%, whichever is meant"));
        }

        return isPercent ? number / 100 : number;
    }

    private double? Max(YamlNode node)
    {
        if (context.Scalars.Number(GateKeys.Max.Name, node) is not { } max) return null;
        if (max >= GateKeys.Max.Minimum) return max;

        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location, FormattableString.Invariant(
            $"'max' must be at least {GateKeys.Max.Minimum}, found {max}; no perplexity is below that"));
        return null;
    }
}
