using SparseLlm.Pipeline.Reports;
using SparseLlm.Recipes;

namespace SparseLlm.Reports.Tests;

/// <summary>Reports on a recipe stand beside its artifacts.</summary>
public sealed class Neighbours
{
    [Fact]
    public void No_artifact_can_have_the_name_of_a_report()
    {
        using var directory = new TempDirectory();
        IReadOnlyList<string> first = RecipeReports.Files(directory["pruning.yaml"], directory.Path);
        File.WriteAllText(directory[first[0]], "the report on another recipe");
        IReadOnlyList<string> second = RecipeReports.Files(directory["pruning.yaml"], directory.Path);

        second.ShouldNotBe(first);
        foreach (string file in first.Concat(second))
        {
            ArtifactNames.Problem(file).ShouldNotBeNull();
            ArtifactNames.Problem(file.ToUpperInvariant()).ShouldNotBeNull();
            ArtifactNames.Problem(file + ".tmp").ShouldNotBeNull();
        }
    }
}
