using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What <c>why</c> says has changed.</summary>
public sealed class Changes
{
    private static readonly ArtifactInputs Before = new()
    {
        Numerics = "cpu-fma/1",
        Model = new Dictionary<string, string> { ["config.json"] = new('0', 64), ["model.safetensors"] = new('1', 64) },
        Embedding = "embedding",
        Head = "head",
        Settings = new Dictionary<string, string> { ["refitSteps"] = "10" },
        Calibration = new Dictionary<string, string> { ["samples"] = "128", ["text 1"] = new('2', 64) },
        Layers = [.. Enumerable.Range(0, 12).Select(layer => Layer(layer, "0.7", "0.7"))],
    };

    [Fact]
    public void Sparsities_are_told_by_ranges_of_layers_and_by_the_rule_that_says_so()
    {
        ArtifactInputs after = Before with
        {
            Layers = [.. Before.Layers.Take(3), .. Enumerable.Range(3, 9)
            .Select(layer => Layer(layer, "0.75", "0.75"))]
        };
        var artifact = new ArtifactRecipe(
            "a",
            new SparsityPattern.Unstructured(0.7),
            new PruningSettings(),
            [new SparsityRule("no.*", null, new SourceLocation("pruning.yaml", 13, 1)), new SparsityRule(
                "*",
                null,
                new SourceLocation("src/pruning.yaml", 14, 1))],
            [],
            new SourceLocation("pruning.yaml", 10, 1));
        Describe(after, artifact).ShouldBe(["layers 3..11: sparsity 0.7 -> 0.75 by rule 2 (pruning.yaml line 14)"]);
    }

    [Fact]
    public void Matrices_are_named_where_not_all_of_a_layer_have_changed() =>
        Describe(Before with
        {
            Layers = [.. Before.Layers
            .Select((_, layer) => Layer(layer, "0.7", layer is 1 or 2 or 5 ? "dense" : "0.7"))]
        })
            .ShouldBe(["layers 1..2, 5 fc2: sparsity 0.7 -> dense"]);

    [Fact]
    public void Settings_of_passes_over_all_layers_are_told_and_touch_no_layer()
    {
        ArtifactInputs tuned = Before with { Global = new Dictionary<string, string> { ["globalEpochs"] = "12" } };
        Describe(tuned).ShouldBe(["setting globalEpochs none -> 12"]);
        InputComparison.Compare(Before, tuned).Single().FirstLayer.ShouldBe(Before.Layers.Count);
    }

    [Fact]
    public void Settings_numerics_and_calibration_are_told_with_their_values() =>
        Describe(Before with
        {
            Numerics = "cpu-portable/1",
            Settings = new Dictionary<string, string> { ["refitSteps"] = "20" },
            Calibration = new Dictionary<string, string> { ["samples"] = "64", ["text 1"] = new('3', 64) },
        }).ShouldBe(["numerics cpu-fma/1 -> cpu-portable/1", "setting refitSteps 10 -> 20",
        "calibration samples 128 -> 64", "calibration text 1 changed"]);

    [Fact]
    public void A_changed_model_is_told_by_file_and_by_layer() =>
        Describe(Before with
        {
            Model = new Dictionary<string, string>
            {
                ["config.json"] = new('0', 64),
                ["model.safetensors"] = new('9', 64)
            },
            Layers = [.. Before.Layers.Take(11), Before.Layers[11] with { Weights = "other" }],
        }).ShouldBe(["model file model.safetensors changed", "layer 11: dense weights changed"]);

    [Fact]
    public void Whatever_changes_the_key_is_told()
    {
        foreach (ArtifactInputs after in (ArtifactInputs[])[
            Before with { Revision = 99 }, Before with { Numerics = "x" }, Before with { Embedding
                = "x" }, Before with { Head = "x" },
            Before with { Calibration = null }, Before with { Settings = new Dictionary<string, string>() },
            Before with { Layers = [.. Before.Layers
                .Take(11)] }, Before with { Model = new Dictionary<string, string>() }])
        {
            StepKeys.Of(after).Artifact.ShouldNotBe(StepKeys.Of(Before).Artifact);
            Describe(after).ShouldNotBeEmpty();
        }

        Describe(Before with { }).ShouldBeEmpty();
    }

    private static LayerInputs Layer(int index, string first, string second) => new(
        "weights", new Dictionary<string, string>
        {
            [$"layers.{index}.fc1.weight"] = first,
            [$"layers.{index}.fc2.weight"] = second
        });

    private static string[] Describe(ArtifactInputs after, ArtifactRecipe? artifact = null) =>
        [.. InputComparison.Compare(Before, after, artifact).Select(change => change.ToString())];
}
