using System.Text.RegularExpressions;

namespace SparseLlm.Recipes.Keys;

/// <summary>What an artifact may be called: anything that is a folder name on every system.</summary>
internal static partial class ArtifactNames
{
    /// <summary>The regular expression, as JSON schema has it. Windows drops a dot at the end of a folder name.</summary>
    public const string Syntax = @"^[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$";

    /// <summary>Whether a name is valid.</summary>
    public static bool IsValid(string name) => Expression().IsMatch(name) && !name.EndsWith('\n');

    [GeneratedRegex(Syntax)]
    private static partial Regex Expression();
}
