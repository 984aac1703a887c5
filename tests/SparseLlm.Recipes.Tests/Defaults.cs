using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Tests;

public sealed class Defaults : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_artifact_overrides_defaults_key_by_key()
    {
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: model
            calibration: { text: calibration.txt }
            evaluation: { perplexity: { prose: eval.txt, code: eval.txt } }
            defaults:
              method: sparsellm
              preset: fast
              sparsity: 0.6
              settings: { damping: 0.1, sequential: true }
              rules: [{ match: "a*", keep: true }]
              gates: { prose: { max: 10 } }
            artifacts:
              same:
              other:
                preset: balanced
                pattern: 2:4
                settings: { damping: 0.2, refitSteps: 3 }
                rules: [{ match: "b*", sparsity: 0 }]
                gates: { code: { max: 20, severity: warning } }
              none:
                method: alps
                rules: []
                gates: {}
            """);

        ArtifactRecipe same = recipe.Artifacts[0], other = recipe.Artifacts[1], none = recipe.Artifacts[2];
        same.Pattern.ShouldBe(new SparsityPattern.Unstructured(0.6));
        same.Settings.ShouldBe(
            PruningSettings.For(PruningMethod.SparseLlm, Preset.Find("fast")) with { Damping = 0.1, Sequential = true });
        same.Rules.ShouldHaveSingleItem().Match.ShouldBe("a*");
        same.Gates.ShouldHaveSingleItem().ShouldBeOfType<PerplexityGate>().Perplexity.ShouldBe("prose");
        same.Gates[0].Severity.ShouldBe(Severity.Error);

        other.Pattern.ShouldBe(new SparsityPattern.Groups(2, 4));
        other.Settings.ShouldBe(
            PruningSettings.For(PruningMethod.SparseLlm, Preset.Find("balanced")) with
            {
                Damping = 0.2,
                Sequential = true,
                RefitSteps = 3,
            });
        other.Rules.ShouldHaveSingleItem().Match.ShouldBe("b*");
        other.Gates.ShouldHaveSingleItem().ShouldBeOfType<PerplexityGate>().Perplexity.ShouldBe("code");
        other.Gates[0].Severity.ShouldBe(Severity.Warning);

        none.Settings.ShouldBe(PruningSettings.For(PruningMethod.Alps) with { Damping = 0.1, Sequential = true });
        none.Rules.ShouldBeEmpty();
        none.Gates.ShouldBeEmpty();
    }

    [Fact]
    public void Settings_of_defaults_hold_against_the_preset_of_an_artifact()
    {
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: model
            calibration: { text: calibration.txt }
            defaults: { sparsity: 0.5, settings: { solver: admm } }
            artifacts: { a: { preset: fast } }
            """);

        recipe.Artifacts[0].Settings.Solver.ShouldBe(PruningMethod.Admm);
    }

    [Fact]
    public void Formats_and_types_of_defaults_hold_where_an_artifact_names_none()
    {
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: model
            defaults: { method: magnitude, sparsity: 0.5, format: gguf, type: [q8_0, f16] }
            artifacts:
              same:
              other: { type: bf16 }
              none: { format: safetensors }
            """);

        recipe.Artifacts.Select(artifact => artifact.Gguf)
            .ShouldBe([[GgufElementType.Q8_0, GgufElementType.F16], [GgufElementType.BF16], []]);
        folder.ReadValid("version: 1\nmodel: model\nartifacts: { a: { method: magnitude, sparsity: 0.5, format: "
            + "[safetensors, gguf] } }\n")
            .Artifacts[0].Gguf.ShouldBe([null]);
    }
}
