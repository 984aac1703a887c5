using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>gates</c>.</summary>
/// <param name="context">Where mistakes go.</param>
/// <param name="perplexities">The names of the perplexities that the recipe declares; null if that is not
/// known.</param>
internal sealed class GateReader(ReadingContext context, IReadOnlySet<string>? perplexities)
{
    // From here on a fraction looks like a percentage without its sign: 'maxIncrease: 5' is 500 %.
    private const double Wide = 2;

    // A number below looks like a share without its sign: 'maxSize: 45'.
    private const long SmallestSize = 1024;

    /// <summary>The gates, in the order of the file.</summary>
    public IReadOnlyList<GateRecipe> Read(YamlEntry entry)
        => [.. context.Named(entry, "perplexity").Select(Gate).OfType<GateRecipe>()];

    private GateRecipe? Gate(YamlEntry entry)
    {
        if (entry.Name == SizeGateKeys.MaxSize.Name)
        {
            return Size(entry);
        }

        if (perplexities?.Contains(entry.Name) == false)
        {
            string[] known = [.. perplexities, SizeGateKeys.MaxSize.Name];
            string advice = perplexities.Count == 0 && Nearest.To(entry.Name, known) is null
                ? "declare it under 'evaluation: perplexity:'"
                : Nearest.Suggest(entry.Name, known);
            context.Diagnostics.Add(RecipeDiagnostics.UnknownPerplexity, entry.Key.Location,
                $"gate on unknown perplexity '{entry.Name}'; {advice}");
            if (entry.Value is not YamlMapping)
            {
                return null;
            }
        }

        if (context.Open(entry, GateKeys.All) is not { } section)
        {
            return null;
        }

        double? increase = section.Find(GateKeys.MaxIncrease) is { } limit ? Increase(limit) : null;
        double? max = section.Find(GateKeys.Max) is { } node ? Max(node) : null;
        if (!section.Means(GateKeys.MaxIncrease) && !section.Means(GateKeys.Max))
        {
            context.Diagnostics.Add(RecipeDiagnostics.MissingKey, section.Owner,
                $"gate '{entry.Name}' limits nothing; it needs 'maxIncrease:' or 'max:'");
        }

        return new PerplexityGate(entry.Name, increase, max, entry.Key.Location) { Severity = SeverityOf(section) };
    }

    private SizeGate? Size(YamlEntry entry)
    {
        if (entry.Value is YamlScalar { IsNull: false })
        {
            return Size(entry, SizeGateKeys.MaxSize, entry.Value);
        }

        return context.Open(entry, SizeGateKeys.All) is { } section && section.Require(SizeGateKeys.Max) is { } limit
            && Size(entry, SizeGateKeys.Max, limit) is { } gate
            ? gate with { Severity = SeverityOf(section) }
            : null;
    }

    private SizeGate? Size(YamlEntry entry, RecipeKey key, YamlNode node)
    {
        if (context.Scalars.Text(key.Name, node) is not { } text)
        {
            return null;
        }

        if (text.EndsWith('%') && double.TryParse(
            text[..^1],
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out double percent) && percent > 0)
        {
            return new SizeGate(null, percent / 100, entry.Key.Location);
        }

        long? bytes = ByteSize.Parse(text);
        if (bytes >= SmallestSize)
        {
            return new SizeGate(bytes, null, entry.Key.Location);
        }

        string hint = text.Contains(',') ? "write decimals with a point"
            : ScalarReader.TryNumber(text, out double number) && number > 0
                ? FormattableString.Invariant($"if a share is meant, write {(number <= 1 ? number * 100 : number)}%")
                : "write it like 45%, 2.5 GB or 900 MiB";
        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
            $"'{key.Name}' must be a size{(bytes is null ? "" : " that a model can have,")} or a percentage of the "
            + $"dense model's, found '{text}'; {hint}");
        return null;
    }

    private Severity SeverityOf(Section section) =>
        section.Find(GateKeys.Severity) is { } choice && context.Scalars
            .Choice(GateKeys.Severity, choice) is { } severity ? EnumNames.Parse<Severity>(severity) : Severity.Error;

    private double? Increase(YamlNode node)
    {
        if (context.Scalars.Text(GateKeys.MaxIncrease.Name, node) is not { } text)
        {
            return null;
        }

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
            context.Diagnostics.Add(RecipeDiagnostics.WideGate, node.Location,
                string.Create(CultureInfo.InvariantCulture,
                $"'maxIncrease: {number}' allows {number * 100} %; write {number}% or {number * 100}%, whichever is "
                + $"meant"));
        }

        return isPercent ? number / 100 : number;
    }

    private double? Max(YamlNode node)
    {
        if (context.Scalars.Number(GateKeys.Max.Name, node) is not { } max)
        {
            return null;
        }

        if (max >= GateKeys.Max.Minimum)
        {
            return max;
        }

        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location, FormattableString.Invariant(
            $"'max' must be at least {GateKeys.Max.Minimum}, found {max}; no perplexity is below that"));
        return null;
    }
}
