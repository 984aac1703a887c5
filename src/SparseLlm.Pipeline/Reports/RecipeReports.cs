using System.Security.Cryptography;
using System.Text;
using SparseLlm.Files;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Reports;

/// <summary>The reports on all artifacts of a recipe, in the directory that holds theirs.</summary>
internal static class RecipeReports
{
    private const string Name = "summary";
    private const int OwnerLength = 8;
    private const int MaximumLength = 1 << 26;

    /// <summary>The names of the files. Where another recipe has put its own into the same directory, they are named
    /// after this one.</summary>
    /// <param name="recipe">The recipe's path.</param>
    /// <param name="output">The directory.</param>
    public static IReadOnlyList<string> Files(string recipe, string output)
    {
        string owner = Owner(recipe, output);
        string name = IsTaken(output, owner) ? $"{Name}-{owner}" : Name;
        return [name + ".html", name + ".md"];
    }

    /// <summary>Whether something bears the plain name that is another recipe's, or not from this tool at
    /// all.</summary>
    private static bool IsTaken(string output, string owner)
    {
        (string page, string summary) = (Path.Combine(output, Name + ".html"), Path.Combine(output, Name + ".md"));
        return Path.Exists(page)
            ? !Contains(page, RecipePage.OwnerMark(owner))
            : Path.Exists(summary) && !Contains(summary, RecipeSummary.Mark);
    }

    private static bool Contains(string path, string text)
    {
        try
        {
            return Encoding.UTF8.GetString(RegularFile.ReadAllBytes(path, MaximumLength))
                .Contains(text, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Writes those that do not say so already.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="results">Its artifacts, in its order.</param>
    /// <param name="output">The directory.</param>
    public static void Write(Recipe recipe, IReadOnlyList<ArtifactResult> results, string output)
    {
        Directory.CreateDirectory(output);
        IReadOnlyList<string> files = Files(recipe.Path, output);
        ReportFile.Write(
            Path.Combine(output, files[0]),
            RecipePage.Render(recipe, results, Owner(recipe.Path, output)));
        ReportFile.Write(Path.Combine(output, files[1]), RecipeSummary.Format(recipe, results));
    }

    /// <summary>Tells recipes apart without telling where they are.</summary>
    private static string Owner(string recipe, string output) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetRelativePath(output, recipe).Replace('\\', '/'))))[
                ..OwnerLength];
}
