using System.Text.RegularExpressions;

namespace SparseLlm.Recipes;

/// <summary>What an artifact may be called: anything that is a folder name on every system, and that nothing else has
/// where artifacts stand.</summary>
public static partial class ArtifactNames
{
    /// <summary>The regular expression, as JSON schema has it. Windows drops a dot at the end of a folder
    /// name.</summary>
    public const string Syntax = @"^[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$";

    /// <summary>The longest name: file systems take 255 bytes, and while an artifact is written its folder is called
    /// <c>.NAME.sparsellm-staging</c>.</summary>
    public const int MaximumLength = 255 - 19;

    /// <summary>What is wrong with a name, in a form to follow it; null if nothing is.</summary>
    public static string? Problem(string name) => name switch
    {
        { Length: > MaximumLength } => FormattableString.Invariant(
            $"is too long for a folder; use at most {MaximumLength} characters"),
        _ when !Expression().IsMatch(name) || name.EndsWith(
            '\n') => "cannot name an artifact; use letters, digits, '.', '_' and '-', and no dot at either end",
        _ when OfTheTool().IsMatch(
            name) => "cannot name an artifact, because the tool itself writes a file of that name; choose another",
        _ when OfWindows().IsMatch(
            name) => "cannot name an artifact, because Windows keeps that name for a device; choose another",
        _ => null,
    };

    /// <summary>A valid name that begins like the given one, which may be any.</summary>
    /// <param name="name">A name such as that of a model's folder.</param>
    /// <param name="suffix">How the name is to end; valid characters.</param>
    public static string From(string name, string suffix)
    {
        string stem = Invalid().Replace(name, "-").Trim('-', '.');
        stem = stem[..Math.Min(stem.Length, MaximumLength / 2)];
        string candidate = stem + suffix;
        return stem.Length > 0 && Problem(candidate) is null ? candidate : $"model-{stem}".TrimEnd('-') + suffix;
    }

    [GeneratedRegex(Syntax)]
    private static partial Regex Expression();

    /// <summary>Summaries of recipes stand beside the artifacts, and so may a recipe with what belongs to it.</summary>
    [GeneratedRegex(
        @"^(summary(-[0-9a-f]{8})?\.(html|md)(\.tmp)?|pruning\.(yaml|json|lock\.json(\.tmp)?|schema\.json))$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OfTheTool();

    [GeneratedRegex(
        @"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OfWindows();

    [GeneratedRegex("[^A-Za-z0-9._]+")]
    private static partial Regex Invalid();
}
