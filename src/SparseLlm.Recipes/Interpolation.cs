using System.Text.RegularExpressions;

namespace SparseLlm.Recipes;

/// <summary><c>${env:NAME}</c> in values; nothing else is interpolated.</summary>
internal static partial class Interpolation
{
    /// <summary>A regular expression for values whose text is known only when the recipe is read, as JSON schema has
    /// it.</summary>
    public const string Syntax = @"\$\{env:[^}]+\}";

    /// <summary>Puts in the values of environment variables.</summary>
    /// <param name="text">The text as written.</param>
    /// <param name="resolved">The text with values put in.</param>
    /// <param name="problem">On failure, what is wrong and what to do.</param>
    public static bool TryResolve(string text, out string resolved, out string problem)
    {
        string failure = "";
        resolved = Expression().Replace(text, match =>
        {
            if (!match.Groups["name"].Success)
            {
                failure = $"'{match.Value}' cannot be interpolated; write ${{env:NAME}} for the value of an "
                    + $"environment variable";
            }
            else if (Environment.GetEnvironmentVariable(match.Groups["name"].Value) is { } value)
            {
                return value;
            }
            else
            {
                failure = $"environment variable '{match.Groups["name"].Value}' is not set; set it, or write the value "
                    + $"here";
            }

            return "";
        });
        problem = failure;
        return failure == "";
    }

    [GeneratedRegex(@"\$\{(env:(?<name>[^}]+)\}|[^}]*\}?)")]
    private static partial Regex Expression();
}
