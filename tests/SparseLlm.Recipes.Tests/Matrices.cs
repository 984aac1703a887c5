using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Tests;

public sealed class Matrices : IDisposable
{
    private const string Head = "version: 1\nmodel: model\ncalibration: { text: calibration.txt }\n";

    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_matrix_becomes_one_artifact_per_combination_named_after_it()
    {
        Recipe recipe = folder.ReadValid(Head + """
            artifacts:
              sweep:
                matrix: { sparsity: [0.5, 0.70], method: [wanda, sparsellm] }
                settings: { damping: 0.5 }
              last: { sparsity: 0.9 }
            """);

        recipe.Artifacts.Select(artifact => artifact.Name)
            .ShouldBe(["sweep-wanda-0.5", "sweep-wanda-0.7", "sweep-sparsellm-0.5", "sweep-sparsellm-0.7", "last"]);
        recipe.Artifacts[1].Settings.ShouldBe(PruningSettings.For(PruningMethod.Wanda) with { Damping = 0.5 });
        recipe.Artifacts[1].Pattern.ShouldBe(new SparsityPattern.Unstructured(0.7));
        recipe.Artifacts.Take(4).ShouldAllBe(artifact => artifact.Location.Line == 5);
    }

    [Fact]
    public void Patterns_are_named_with_a_hyphen_and_replace_a_default_sparsity()
    {
        Recipe recipe = folder.ReadValid(Head + "defaults: { sparsity: 0.5, preset: balanced }\nartifacts: { nm: { "
            + "matrix: { preset: [fast], pattern: [2:4, \"4:8\"] } } }\n");

        recipe.Artifacts.Select(artifact => artifact.Name).ShouldBe(["nm-fast-2-4", "nm-fast-4-8"]);
        recipe.Artifacts[1].Pattern.ShouldBe(new SparsityPattern.Groups(4, 8));
        recipe.Artifacts[1].Settings.ShouldBe(Preset.Find("fast")!.Apply(new PruningSettings()));
    }

    [Fact]
    public void What_a_matrix_does_not_list_comes_from_its_artifact_and_from_defaults()
    {
        Recipe recipe = folder.ReadValid(Head + "defaults: { method: ria }\nartifacts: { a: { sparsity: 0.4, matrix: { "
            + "method: [wanda] } }, b: { matrix: { sparsity: [0.3] } } }\n");

        recipe.Artifacts.Select(artifact => (artifact.Name, artifact.Settings.Method, artifact.Pattern.Sparsity))
            .ShouldBe([("a-wanda", PruningMethod.Wanda, 0.4), ("b-0.3", PruningMethod.Ria, 0.3)]);
    }
}
