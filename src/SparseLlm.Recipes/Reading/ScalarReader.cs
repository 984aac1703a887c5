using System.Globalization;
using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads single values. What is wrong is reported, and null returned.</summary>
internal sealed class ScalarReader(DiagnosticBag diagnostics)
{
    /// <summary>Text, environment variables put in; never empty.</summary>
    /// <param name="name">The key, for messages.</param>
    /// <param name="node">The value.</param>
    public string? Text(string name, YamlNode node)
    {
        if (node is not YamlScalar scalar || scalar.IsNull)
        {
            diagnostics.Add(RecipeDiagnostics.WrongKind, node.Location,
                $"'{name}' must be a single value, found {node.Kind}");
            return null;
        }

        if (!Interpolation.TryResolve(scalar.Value, out string text, out string problem))
        {
            diagnostics.Add(RecipeDiagnostics.Interpolation, node.Location, problem);
            return null;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location, $"'{name}' is empty; write a value");
            return null;
        }

        // Messages, which quote values, must stay on one line.
        if (text.Any(char.IsControl))
        {
            diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                $"'{name}' contains a line break or another control character; write it on one line");
            return null;
        }

        return text;
    }

    /// <summary>What stands between two things: any text, line breaks and nothing among it.</summary>
    public string? Separator(RecipeKey key, YamlNode node)
    {
        if (node is not YamlScalar { IsNull: false } scalar)
        {
            diagnostics.Add(
                RecipeDiagnostics.WrongKind,
                node.Location,
                $"'{key.Name}' must be a text, found {node.Kind}; write line breaks in double quotes, as in \"\\n\\n\"");
            return null;
        }

        if (scalar.Value.Length <= TextKeys.MostOfJoin)
        {
            return scalar.Value;
        }

        diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location, FormattableString.Invariant(
            $"'{key.Name}' has {scalar.Value.Length} characters, and {TextKeys.MostOfJoin} is the most"));
        return null;
    }

    /// <summary>A number, with a point for decimals whatever the culture.</summary>
    public double? Number(string name, YamlNode node)
    {
        if (Text(name, node) is not { } text)
        {
            return null;
        }

        if (TryNumber(text, out double number))
        {
            return number;
        }

        diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
            $"'{name}' must be a number, found '{text}'{NumberHint(text)}");
        return null;
    }

    /// <summary>A size, or a percentage of what is free.</summary>
    public MemoryBudget? Memory(string name, YamlNode node)
    {
        if (Text(name, node) is not { } text)
        {
            return null;
        }

        if (MemoryBudget.Parse(text) is { } budget)
        {
            return budget;
        }

        diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
            $"'{name}' must be a size or a percentage of the free memory, found '{text}'; write it like 4GB, 512MiB or "
            + $"50%");
        return null;
    }

    /// <summary>A whole number not below the key's minimum.</summary>
    public int? Integer(RecipeKey key, YamlNode node)
    {
        if (Text(key.Name, node) is not { } text)
        {
            return null;
        }

        int minimum = (int?)key.Minimum ?? int.MinValue;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int integer)
            && integer >= minimum)
        {
            return integer;
        }

        string expected = key.Minimum is null
            ? "a whole number"
            : FormattableString.Invariant($"a whole number of at least {minimum}");
        diagnostics.Add(
            RecipeDiagnostics.InvalidValue,
            node.Location,
            $"'{key.Name}' must be {expected}, found '{text}'");
        return null;
    }

    /// <summary>One of the key's choices.</summary>
    public string? Choice(RecipeKey key, YamlNode node) => Choice(key.Name, node, key.Choices);

    /// <summary>One of the given names.</summary>
    public string? Choice(string name, YamlNode node, IReadOnlyCollection<string> choices)
    {
        if (Text(name, node) is not { } text)
        {
            return null;
        }

        if (choices.Contains(text))
        {
            return text;
        }

        diagnostics.Add(RecipeDiagnostics.UnknownChoice, node.Location,
            $"unknown {name} '{text}'; {Nearest.Suggest(text, choices)}");
        return null;
    }

    /// <summary>Parses a number as recipes write it.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>Ends a message about what is not a number, if it is clear what was meant; else empty.</summary>
    public static string NumberHint(string text)
    {
        if (text.Contains(',') && TryNumber(text.Replace(',', '.'), out double decimals))
        {
            return FormattableString.Invariant($"; write decimals with a point, as in {decimals}");
        }

        if (text.EndsWith('%') && TryNumber(text[..^1], out double percent))
        {
            return FormattableString.Invariant($"; write {percent / 100} for {percent} %");
        }

        return "";
    }
}
