using System.Reflection;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A key changes with everything that can change a bit of what it stands for, and with nothing else.</summary>
public sealed class KeysOfSteps
{
    private static readonly ModelDefinition Definition = DecoderModel.ReadDefinition(Repository.Model("tiny-opt"));
    private static readonly CalibrationSource Calibration = new(
        new TextSource([Repository
            .Text("sample-calibration.txt")]), new CalibrationSettings(), new SourceLocation("pruning.yaml", 4, 3));

    private readonly ArtifactInputs inputs = Inputs();
    private readonly StepKeys keys = StepKeys.Of(Inputs());

    [Fact]
    public void Every_setting_takes_part()
    {
        foreach (PropertyInfo property in typeof(PruningSettings).GetProperties(
            BindingFlags.Public | BindingFlags.Instance))
        {
            var settings = new PruningSettings();
            if (property.Name.StartsWith("Global", StringComparison.Ordinal))
            {
                continue;
            }

            property.SetValue(
                settings,
                property.PropertyType == typeof(Quantization)
                    ? new Quantization(4, 64)
                    : Other(property.GetValue(settings)));
            ShouldDifferFrom(0, Inputs(settings: settings), property.Name);
        }
    }

    [Fact]
    public void Settings_of_passes_over_all_layers_take_part_in_these_alone()
    {
        var one = new PruningSettings { GlobalEpochs = 2 };
        StepKeys[] all =
        [
            .. ((PruningSettings[])
            [
                new PruningSettings(), one, one with { GlobalEpochs = 3 }, one with { GlobalRate = 0.5 },
                one with { GlobalResampling = 0.5 },
            ]).Select(settings => StepKeys.Of(Inputs(settings: settings))),
        ];
        all.Select(other => string.Join(' ', other.Layers)).Distinct().Count().ShouldBe(1);
        all.Select(other => other.Artifact).ShouldBeUnique();
        all.SelectMany(other => other.Epochs).ShouldBeUnique();
        all.Select(other => other.Epochs.Count).ShouldBe([0, 2, 3, 2, 2]);
        StepKeys.Of(Inputs(settings: new PruningSettings { GlobalRate = 0.5 })).Artifact.ShouldBe(keys.Artifact);
    }

    [Fact]
    public void Bits_and_groups_of_codes_take_part()
    {
        var four = new PruningSettings { Quantization = new Quantization(4, 64) };
        string[] keys =
        [
            .. ((PruningSettings[])
            [
                new PruningSettings(), four, four with { Quantization = new Quantization(8, 64) },
                four with { Quantization = new Quantization(4, null) },
                four with { Quantization = new Quantization(4, 64, 8) },
                four with { Quantization = new Quantization(4, 64, 4) },
            ]).Select(settings => StepKeys.Of(Inputs(settings: settings)).Artifact),
        ];
        keys.Distinct().Count().ShouldBe(keys.Length);
    }

    [Fact]
    public void Codes_that_are_tuned_take_part_and_no_others()
    {
        var quantized = new PruningSettings { Quantization = new Quantization(4, 64) };
        var tuned = new PruningSettings { TuningEpochs = 1 };
        var both = tuned with { Quantization = quantized.Quantization };
        string[] Names(PruningSettings settings) => [.. Inputs(settings: settings).Settings.Keys];
        Names(tuned).ShouldBe(Names(new PruningSettings()));
        Names(quantized).Except(Names(tuned)).ShouldBe(["bits", "group"]);
        Names(both).Except(Names(tuned)).ShouldBe(["bits", "codes", "group"]);
        Names(both with { Quantization = new Quantization(4, 64, 8) }).Except(Names(both)).ShouldBe(["embeddings"]);
        Names(quantized with { DistillationEpochs = 1 }).ShouldBe(Names(both));
    }

    [Fact]
    public void Calibration_takes_part()
    {
        CalibrationSettings settings = Calibration.Settings;
        foreach (CalibrationSettings other in (CalibrationSettings[])[
            settings with { Samples = 127 }, settings with { SequenceLength = 128 }, settings with { Sampling
                = Sampling.Random }])
        {
            ShouldDifferFrom(0, Inputs(calibration: Calibration with { Settings = other }), other.ToString());
        }

        ShouldDifferFrom(
            0,
            Inputs(calibration: Calibration with { Text = new TextSource([Repository.Text("sample-eval.txt")]) }),
            "text");
        ShouldDifferFrom(
            0,
            Inputs(calibration: Calibration with { Text = Calibration.Text with { Field = "other" } }),
            "field");
        CalibrationSource random = Calibration with { Settings = settings with { Sampling = Sampling.Random } };
        StepKeys.Of(Inputs(calibration: random with { Settings = random.Settings with { Seed = 1 } })).Layers[0]
            .ShouldNotBe(StepKeys.Of(Inputs(calibration: random)).Layers[0]);
    }

    [Theory]
    [InlineData("text.jsonl")]
    [InlineData("text.npy")]
    [InlineData("text.JSONL")]
    [InlineData("text.parquet")]
    [InlineData("text.txt.gz")]
    [InlineData("text.zst")]
    public void How_a_text_is_read_takes_part(string name)
    {
        using var directory = new TempDirectory();
        File.Copy(Repository.Text("sample-calibration.txt"), directory[name]);
        var renamed = new TextSource([directory[name]]);
        ShouldDifferFrom(0, Inputs(calibration: Calibration with { Text = renamed }), name);

        var text = new PerplexityText("prose", Calibration.Text, SequenceLength: null, Calibration.Location);
        KeyOf(text with { Text = renamed }).ShouldNotBe(KeyOf(text));
    }

    public static TheoryData<string> Readings => ["chat", "join", "no separator", "records"];

    [Theory]
    [MemberData(nameof(Readings))]
    public void How_records_are_read_takes_part(string what)
    {
        TextSource text = Calibration.Text;
        TextSource other = what switch
        {
            "chat" => text with { Chat = "messages" },
            "join" => text with { Join = "\n\n" },
            "no separator" => text with { Join = "" },
            _ => text with { Records = 3 },
        };
        ShouldDifferFrom(0, Inputs(calibration: Calibration with { Text = other }), what);
        var measured = new PerplexityText("prose", text, SequenceLength: null, Calibration.Location);
        KeyOf(measured with { Text = other }).ShouldNotBe(KeyOf(measured));
        KeyOf(measured with { Windows = 4 }).ShouldNotBe(KeyOf(measured));
    }

    [Theory]
    [InlineData("chat_template.jinja")]
    [InlineData("tokenizer_config.json")]
    public void A_chat_template_takes_part_where_it_makes_the_text(string name)
    {
        CalibrationSource chat = Calibration with { Text = Calibration.Text with { Chat = "messages" } };
        IReadOnlyDictionary<string, string> changed = With(inputs.Model, name, "other");
        StepKeys.Of(Inputs(calibration: chat) with { Model = changed }).Layers[0]
            .ShouldNotBe(StepKeys.Of(Inputs(calibration: chat)).Layers[0]);
        StepKeys.Of(inputs with { Model = changed }).Layers[0].ShouldBe(keys.Layers[0]);

        var measured = new PerplexityText("prose", chat.Text, SequenceLength: null, Calibration.Location);
        KeyOf(measured, changed).ShouldNotBe(KeyOf(measured));
        KeyOf(measured with { Text = Calibration.Text }, changed).ShouldBe(
            KeyOf(measured with { Text = Calibration.Text }));
    }

    [Fact]
    public void What_a_recipe_does_not_say_is_in_no_key()
    {
        Inputs().Calibration!.Keys.Order(StringComparer.Ordinal)
            .ShouldBe(["field", "samples", "sampling", "sequenceLength", "text 1"]);

        using var directory = new TempDirectory();
        File.WriteAllText(directory["a.txt"], "A river.\n");
        File.WriteAllText(directory["b.jsonl"], "A river.\n");
        KeyOf(new PerplexityText(
            "prose",
            new TextSource([directory["a.txt"], directory["b.jsonl"]]),
            SequenceLength: null,
            Calibration.Location))
            .ShouldBe("cd2918b93276e5efe3b473812f719e97df222064f30974089a219c8c7fcc2ec8");
    }

    private string KeyOf(PerplexityText text, IReadOnlyDictionary<string, string>? model = null) =>
        PerplexityKey.Of(text, 256, new InputFiles(new FileDigests(memoDirectory: null)), model ?? inputs.Model);

    [Fact]
    public void Numerics_revision_embedding_configuration_and_tokenizer_take_part()
    {
        ShouldDifferFrom(0, inputs with { Numerics = "other" }, "numerics");
        ShouldDifferFrom(0, inputs with { Revision = ArtifactInputs.CurrentRevision + 1 }, "revision");
        ShouldDifferFrom(0, inputs with { Embedding = "other" }, "embedding");
        ShouldDifferFrom(0, inputs with { Model = With(inputs.Model, "config.json", "other") }, "configuration");
        ShouldDifferFrom(0, inputs with { Model = With(inputs.Model, "tokenizer.json", "other") }, "tokenizer");
    }

    [Fact]
    public void A_layer_depends_on_itself_and_on_the_layers_before_it()
    {
        for (int layer = 0; layer < inputs.Layers.Count; layer++)
        {
            LayerInputs changed = inputs.Layers[layer];
            string tensor = changed.Patterns.Keys.Last();
            ShouldDifferFrom(layer, WithLayer(layer, changed with { Weights = "other" }), "weights");
            foreach (string pattern in (string[])["0.71", "2:4", ArtifactInputs.Dense])
            {
                ShouldDifferFrom(
                    layer,
                    WithLayer(layer, changed with { Patterns = With(changed.Patterns, tensor, pattern) }),
                    pattern);
            }
        }
    }

    [Fact]
    public void Where_tables_are_quantised_all_of_the_model_takes_part_in_each_layer()
    {
        ArtifactInputs tables = Inputs(new PruningSettings { Quantization = new Quantization(4, 64, 4) });
        ArtifactInputs Changed(ArtifactInputs of) => of with
        {
            Model = of.Model.ToDictionary(
                file => file.Key,
                file => file.Key.EndsWith(".safetensors", StringComparison.Ordinal) ? "other" : file.Value)
        };
        StepKeys.Of(Changed(tables)).Layers[0].ShouldNotBe(StepKeys.Of(tables).Layers[0]);
        StepKeys.Of(Changed(inputs)).Layers[0].ShouldBe(keys.Layers[0]);
    }

    [Fact]
    public void The_head_takes_part_in_the_last_layer_alone() =>
        ShouldDifferFrom(inputs.Layers.Count - 1, inputs with { Head = "other" }, "head");

    [Fact]
    public void A_file_that_goes_along_takes_part_in_the_artifact_alone() =>
        ShouldDifferFrom(
            inputs.Layers.Count,
            inputs with { Model = With(inputs.Model, "tokenizer_config.json", "other") },
            "companion");

    [Fact]
    public void Every_file_that_the_tokenizer_is_read_from_takes_part()
    {
        string[] files
            = ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];
        Dictionary<string, string> model = files.Aggregate(
            new Dictionary<string, string>(inputs.Model),
            (known, file) => With(known, file, "one"));
        string withBoth = StepKeys.Of(inputs with { Model = With(model, "vocab.json", "other") }).Layers[0];
        withBoth.ShouldBe(keys.Layers[0], "where there is a tokenizer.json, nothing else is read");

        model.Remove("tokenizer.json");
        string[] known = [keys.Layers[0], StepKeys.Of(inputs with { Model = model }).Layers[0]];
        string[] changed = [.. files.Select(
            file => StepKeys.Of(inputs with { Model = With(model, file, "other") }).Layers[0])];
        known.Concat(changed).ShouldBeUnique();
    }

    [Fact]
    public void Layers_stand_for_themselves_where_nothing_runs_through_them()
    {
        var settings = PruningSettings.For(PruningMethod.Magnitude);
        ArtifactInputs alone = Inputs(settings: settings);
        StepKeys before = StepKeys.Of(alone);
        StepKeys after = StepKeys.Of(
            alone with { Layers = [alone.Layers[0] with { Weights = "other" }, .. alone.Layers.Skip(1)] });
        after.Layers[0].ShouldNotBe(before.Layers[0]);
        after.Layers.Skip(1).ShouldBe(before.Layers.Skip(1));
        StepKeys.Of(Inputs(
            settings: settings,
            calibration: Calibration with { Settings = Calibration.Settings with { Samples = 3 } }))
                .ShouldBeEquivalentTo(before);
    }

    [Fact]
    public void A_budget_that_is_spread_makes_every_layer_depend_on_the_whole_model()
    {
        var settings = new PruningSettings { Allocation = AllocationKind.Error };
        ArtifactInputs spread = Inputs(settings: settings);
        StepKeys before = StepKeys.Of(spread);
        before.Allocation.ShouldNotBeNull();
        int last = spread.Layers.Count - 1;
        StepKeys after = StepKeys.Of(
            spread with { Layers = [.. spread.Layers.Take(last), spread.Layers[last] with { Weights = "other" }] });
        after.Allocation.ShouldNotBe(before.Allocation);
        after.Layers[0].ShouldNotBe(before.Layers[0]);

        // A rule takes its tensors out of the budget; how sparse it makes them does not touch the others.
        string tensor = spread.Layers[last].Patterns.Keys.Last();
        StepKeys rule = StepKeys.Of(
            Inputs(settings: settings, plan: Plan(new SparsityRule(tensor, new SparsityPattern.Unstructured(0.5)))));
        StepKeys otherRule = StepKeys.Of(
            Inputs(settings: settings, plan: Plan(new SparsityRule(tensor, new SparsityPattern.Unstructured(0.6)))));
        rule.Layers.Take(last).ShouldBe(otherRule.Layers.Take(last));
        rule.Layers[last].ShouldNotBe(otherRule.Layers[last]);
    }

    [Fact]
    public void Paths_spelled_out_defaults_and_rules_without_effect_take_no_part()
    {
        using var directory = new TempDirectory();
        File.Copy(Repository.Text("sample-calibration.txt"), directory["moved.txt"]);
        StepKeys.Of(Inputs(calibration: new CalibrationSource(
            new TextSource([directory["moved.txt"]]),
                Calibration.Settings with
                { SequenceLength = 256, Seed = 5 }, new SourceLocation("elsewhere.yaml"))))
            .ShouldBeEquivalentTo(keys);
        StepKeys.Of(Inputs(plan: Plan(new SparsityRule("nothing", null)))).ShouldBeEquivalentTo(keys);
        StepKeys.Of(Inputs(plan: Plan(new SparsityRule("*", new SparsityPattern.Unstructured(0.7)))))
            .ShouldBeEquivalentTo(keys);
    }

    [Fact]
    public void Sparsities_that_differ_in_the_last_digit_differ() =>
        StepKeys.Of(Inputs(plan: new SparsityPlan(new SparsityPattern.Unstructured(0.70000001), []))).Artifact
            .ShouldNotBe(keys.Artifact);

    [Fact]
    public void Fields_do_not_run_together()
    {
        using var one = new KeyBuilder("kind", 1);
        using var other = new KeyBuilder("kind", 1);
        one.Add("a", "bc").Build().ShouldNotBe(other.Add("ab", "c").Build());
    }

    /// <summary>The keys of the first layers stay; those from one layer on, and the artifact's, are others.</summary>
    private void ShouldDifferFrom(int layer, ArtifactInputs other, string what)
    {
        StepKeys changed = StepKeys.Of(other);
        changed.Artifact.ShouldNotBe(keys.Artifact, what);
        for (int index = 0; index < keys.Layers.Count; index++)
        {
            (changed.Layers[index] != keys.Layers[index]).ShouldBe(index >= layer, $"{what}: layer {index}");
        }
    }

    private ArtifactInputs WithLayer(int index, LayerInputs layer) =>
        inputs with { Layers = [.. inputs.Layers.Select((known, i) => i == index ? layer : known)] };

    private static Dictionary<string, string> With(
        IReadOnlyDictionary<string, string> values,
        string name,
        string value) =>
        new(values) { [name] = value };

    private static SparsityPlan Plan(params SparsityRule[] rules) => new(new SparsityPattern.Unstructured(0.7), rules);

    private static ArtifactInputs Inputs(
        PruningSettings? settings = null,
        SparsityPlan? plan = null,
        CalibrationSource? calibration = null)
    {
        var files = new InputFiles(new FileDigests(memoDirectory: null));
        var model = new ModelDigests(Repository.Model("tiny-opt"), Definition, files);
        return ArtifactInputs.Of(
            Definition,
            model,
            files,
            settings ?? new PruningSettings(),
            plan ?? Plan(),
            calibration ?? Calibration,
            "cpu");
    }

    private static object Other(object? value) => value switch
    {
        null => 0.5,
        bool flag => !flag,
        int number => number + 1,
        double number => number + 0.001,
        PruningMethod.SparseLlm => PruningMethod.Alps,
        PruningMethod => PruningMethod.SparseGpt,
        Enum member => Enum.GetValues(member.GetType()).Cast<object>().First(other => !other.Equals(member)),
        _ => throw new InvalidOperationException($"no other value known for {value}"),
    };
}
