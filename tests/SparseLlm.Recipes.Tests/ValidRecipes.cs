using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Recipes.Tests;

public sealed class ValidRecipes : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Experts_are_kept_as_an_artifact_says_else_as_the_defaults_say_else_all()
    {
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: ./model/
            calibration: { text: calibration.txt }
            defaults: { experts: { keep: 0.75 } }
            artifacts:
              half: { sparsity: 0.5, experts: { keep: 0.5 } }
              most: { sparsity: 0.5 }
            """);
        recipe.Artifacts.Select(artifact => artifact.Settings.ExpertsKept).ShouldBe([0.5, 0.75]);
        folder.ReadValid("""
            version: 1
            model: ./model/
            artifacts: { all: { method: magnitude, sparsity: 0.5 } }
            """).Artifacts[0].Settings.ShouldSatisfyAllConditions(
                settings => settings.ExpertsKept.ShouldBe(1),
                settings => settings.DropsExperts().ShouldBeFalse());
    }

    [Fact]
    public void Weights_are_quantised_as_an_artifact_says_else_as_the_defaults_say_else_not_at_all()
    {
        folder.ReadValid("""
            version: 1
            model: ./model/
            calibration: { text: calibration.txt }
            defaults: { quantization: { bits: 8, group: row } }
            artifacts:
              four: { sparsity: 0.5, quantization: { bits: 4, symmetric: true } }
              eight: { sparsity: 0 }
              tables: { sparsity: 0.5, quantization: { bits: 4, group: 128, embeddings: 8 } }
            """).Artifacts.Select(artifact => artifact.Settings.Quantization)
            .ShouldBe([new Quantization(4, 64), new Quantization(8, null), new Quantization(4, 128, 8)]);
        folder.ReadValid("""
            version: 1
            model: ./model/
            artifacts: { plain: { method: magnitude, sparsity: 0.5 } }
            """).Artifacts[0].Settings.Quantization.ShouldBeNull();
    }

    [Fact]
    public void A_full_recipe_is_read_into_all_it_says()
    {
        folder.AddFile("books/b.txt");
        Recipe recipe = folder.ReadValid("""
            version: 1
            requires: "[0.1,1.0)"
            model: ./model/
            calibration:
              text: [books/b.txt, calibration.txt]
              field: content
              samples: 16
              sequenceLength: 64
              sampling: random
              seed: 7
            evaluation:
              perplexity:
                prose: { text: eval.txt, field: body, sequenceLength: 32 }
                books: books/*.txt
            engine: { device: cuda, precision: fast, devices: [2, 0], threads: 2, memory: 1.5GiB }
            defaults:
              method: sparsellm
              preset: fast
            artifacts:
              tiny-70:
                sparsity: 0.7
                settings: { damping: 0.02, refitSteps: 5, biasRefit: true, targets: dense }
                rules:
                  - { match: "model.decoder.layers.0.*", sparsity: 0.5 }
                  - { match: "*.fc1.weight", pattern: "4:8" }
                  - match: "*.out_proj.weight"
                    keep: true
                gates:
                  prose: { maxIncrease: 25%, max: 70 }
                  books: { maxIncrease: 0.5 }
              tiny-nm:
                method: wanda
                pattern: 2:4
            """);

        recipe.Path.ShouldBe(folder.RecipePath);
        recipe.Requires.ShouldBe(VersionRange.Parse("[0.1,1.0)"));
        recipe.Model.ShouldBe(folder.At("model"));
        recipe.ModelLocation.ToString().ShouldBe($"{folder.RecipePath}(3,8,3,16)");
        recipe.Engine.ShouldBe(
            new EngineChoice("cuda")
            {
                Precision = Precision.Fast,
                Devices = DeviceNumbers.Parse("2,0")!,
                Threads = 2
            });
        recipe.Memory.ShouldBe(new MemoryBudget.Size(3L << 29));

        recipe.Calibration.ShouldNotBeNull();
        recipe.Calibration.Text.Paths.ShouldBe([folder.At("books/b.txt"), folder.At("calibration.txt")]);
        recipe.Calibration.Text.Field.ShouldBe("content");
        recipe.Calibration.Settings.ShouldBe(
            new CalibrationSettings { Samples = 16, SequenceLength = 64, Sampling = Sampling.Random, Seed = 7 });
        recipe.Calibration.Location.Line.ShouldBe(4);

        recipe.Perplexities.Select(
            perplexity => (perplexity.Name, perplexity.Text.Field, perplexity.SequenceLength, perplexity.Location.Line))
            .ShouldBe([("prose", "body", 32, 13), ("books", "text", null, 14)]);
        recipe.Perplexities.Select(perplexity => perplexity.Text.Paths.ShouldHaveSingleItem())
            .ShouldBe([folder.At("eval.txt"), folder.At("books/b.txt")]);

        ArtifactRecipe artifact = recipe.Artifacts[0];
        artifact.Name.ShouldBe("tiny-70");
        artifact.Pattern.ShouldBe(new SparsityPattern.Unstructured(0.7));
        artifact.Settings.ShouldBe(Preset.Find("fast")!.Apply(new PruningSettings()) with
        {
            Damping = 0.02,
            RefitSteps = 5,
            BiasRefit = true,
            Targets = TargetKind.Dense,
        });
        artifact.Rules.Select(rule => (rule.Match, rule.Pattern, rule.Location!.Line)).ShouldBe(
        [
            ("model.decoder.layers.0.*", new SparsityPattern.Unstructured(0.5), 24),
            ("*.fc1.weight", new SparsityPattern.Groups(4, 8), 25),
            ("*.out_proj.weight", (SparsityPattern?)null, 26),
        ]);
        artifact.Gates.Cast<PerplexityGate>()
            .Select(gate => (gate.Perplexity, gate.MaxIncrease, gate.Max, gate.Location.Line))
            .ShouldBe([("prose", 0.25, 70, 29), ("books", 0.5, null, 30)]);
        artifact.Location.ToString().ShouldBe($"{folder.RecipePath}(20,3,20,10)");

        recipe.Artifacts[1].Name.ShouldBe("tiny-nm");
        recipe.Artifacts[1].Pattern.ShouldBe(new SparsityPattern.Groups(2, 4));
        recipe.Artifacts[1].Settings.Method.ShouldBe(PruningMethod.Wanda);
        recipe.Artifacts.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0,1")]
    [InlineData("0, 1")]
    [InlineData("[0, 1]")]
    public void GPUs_are_a_number_a_list_or_numbers_with_commas(string devices)
    {
        Recipe recipe = folder.ReadValid($"version: 1\nmodel: model\nengine:\n  devices: {devices}\ncalibration: {{ "
            + $"text: calibration.txt }}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n");
        recipe.Engine.Devices.All.ShouldBe(devices == "1" ? [1] : [0, 1]);
    }

    [Fact]
    public void A_short_recipe_leaves_everything_else_at_its_default()
    {
        Recipe recipe = folder.ReadValid(
            "version: 1\nmodel: model\ncalibration: { text: calibration.txt }\nartifacts: { a: { sparsity: 0.5 } }\n");

        recipe.Requires.ShouldBeNull();
        recipe.Engine.ShouldBe(new EngineChoice("auto") { Precision = Precision.Exact });
        recipe.Memory.ShouldBeNull();
        recipe.Perplexities.ShouldBeEmpty();
        recipe.Calibration!.Settings.ShouldBe(new CalibrationSettings());
        recipe.Calibration.Text.Field.ShouldBe("text");
        var artifact = recipe.Artifacts.ShouldHaveSingleItem();
        artifact.Settings.ShouldBe(new PruningSettings());
        artifact.Rules.ShouldBeEmpty();
        artifact.Gates.ShouldBeEmpty();
        artifact.Encoding.ShouldBe(CheckpointEncoding.Dense);
    }

    [Fact]
    public void The_encoding_is_that_of_the_defaults_where_an_artifact_has_none_of_its_own()
    {
        Recipe recipe = folder.ReadValid("version: 1\nmodel: model\n" + "defaults: { method: magnitude, sparsity: 0.5, "
            + "encoding: sparse }\nartifacts: { a: , b: { encoding: dense } }\n");

        recipe.Artifacts.Select(artifact => artifact.Encoding)
            .ShouldBe([CheckpointEncoding.Sparse, CheckpointEncoding.Dense]);
    }

    [Theory]
    [InlineData("45%", null, 0.45)]
    [InlineData("120%", null, 1.2)]
    [InlineData("2.5 GB", 2_500_000_000L, null)]
    [InlineData("900MiB", 900L << 20, null)]
    [InlineData("5000000", 5_000_000L, null)]
    public void The_size_is_limited_in_bytes_or_as_a_share_of_the_dense_model(string limit, long? bytes, double? share)
    {
        Recipe recipe = folder.ReadValid("version: 1\nmodel: model\n" + $"defaults: {{ method: magnitude, sparsity: "
            + $"0.5 }}\nartifacts:\n  a: {{ gates: {{ maxSize: {limit} }} }}\n  b: {{ gates: {{ maxSize: {{ max: "
            + $"{limit}, severity: warning }} }} }}\n");

        SizeGate[] gates = [.. recipe.Artifacts
            .Select(artifact => artifact.Gates.ShouldHaveSingleItem().ShouldBeOfType<SizeGate>())];
        gates.ShouldAllBe(gate => gate.Bytes == bytes && gate.Share == share);
        gates.Select(gate => gate.Severity).ShouldBe([Severity.Error, Severity.Warning]);
    }

    [Fact]
    public void Magnitude_alone_needs_no_calibration() =>
        folder.ReadValid("version: 1\nmodel: model\nartifacts: { a: { method: magnitude, sparsity: 0.5 } }\n")
            .Calibration
            .ShouldBeNull();

    [Fact]
    public void Environment_variables_are_put_into_any_value()
    {
        Environment.SetEnvironmentVariable("SPARSELLM_TESTS_FOLDER", folder.Path);
        Environment.SetEnvironmentVariable("SPARSELLM_TESTS_HALF", "0.5");
        Environment.SetEnvironmentVariable("SPARSELLM_TESTS_METHOD", "magnitude");

        Recipe recipe = folder.ReadValid("""
            version: 1
            model: ${env:SPARSELLM_TESTS_FOLDER}/model
            calibration: { text: "${env:SPARSELLM_TESTS_FOLDER}/*.txt" }
            artifacts:
              a:
                method: ${env:SPARSELLM_TESTS_METHOD}
                sparsity: ${env:SPARSELLM_TESTS_HALF}
            """);

        recipe.Model.ShouldBe(folder.At("model"));
        recipe.Calibration!.Text.Paths.ShouldBe([folder.At("calibration.txt"), folder.At("eval.txt")]);
        recipe.Artifacts[0].Pattern.ShouldBe(new SparsityPattern.Unstructured(0.5));
        recipe.Artifacts[0].Settings.Method.ShouldBe(PruningMethod.Magnitude);
    }

    [Fact]
    public void Numbers_are_read_alike_in_every_culture()
    {
        // Built by hand: the product runs in globalization-invariant mode, where named cultures do not exist.
        var culture = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = "\u2212";
        var before = System.Globalization.CultureInfo.CurrentCulture;
        System.Globalization.CultureInfo.CurrentCulture = culture;
        try
        {
            Recipe recipe = folder.ReadValid("""
                version: 1
                model: model
                calibration: { text: calibration.txt, seed: -3 }
                evaluation: { perplexity: { prose: eval.txt } }
                artifacts:
                  a:
                    settings: { damping: 0.25 }
                    gates: { prose: { maxIncrease: 12.5%, max: 70.5 }, maxSize: 45.5% }
                    matrix: { sparsity: [0.5, 0.625] }
                """);

            recipe.Calibration!.Settings.Seed.ShouldBe(-3);
            recipe.Artifacts.Select(artifact => artifact.Name).ShouldBe(["a-0.5", "a-0.625"]);
            recipe.Artifacts[1].Pattern.ShouldBe(new SparsityPattern.Unstructured(0.625));
            recipe.Artifacts[0].Settings.Damping.ShouldBe(0.25);
            PerplexityGate gate = recipe.Artifacts[0].Gates[0].ShouldBeOfType<PerplexityGate>();
            gate.MaxIncrease.ShouldBe(0.125);
            gate.Max.ShouldBe(70.5);
            recipe.Artifacts[0].Gates[1].ShouldBeOfType<SizeGate>().Share.ShouldBe(0.455);
            folder.Read("version: 1\nmodel: model\nartifacts:\n  a:\n    method: magnitude\n    sparsity: 0,7\n")
                .Diagnostics.ShouldHaveSingleItem().Message.ShouldBe(
                    "'sparsity' must be a number, found '0,7'; write decimals with a point, as in 0.7");
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }
}
