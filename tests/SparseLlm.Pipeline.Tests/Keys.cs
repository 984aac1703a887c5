using System.Reflection;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Running;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A key changes with everything that can change a bit of the artifact, and with nothing else.</summary>
public sealed class Keys
{
    private static readonly ModelDefinition Definition = DecoderModel.ReadDefinition(Repository.Model("tiny-opt"));
    private static readonly CalibrationSource Calibration = new(
        new TextSource([Repository.Text("sample-calibration.txt")]), new CalibrationSettings(), new SourceLocation("pruning.yaml", 4, 3));

    private readonly string original = Key();

    [Fact]
    public void Every_setting_takes_part()
    {
        foreach (PropertyInfo property in typeof(PruningSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var settings = new PruningSettings();
            property.SetValue(settings, Other(property.GetValue(settings)));
            Key(settings: settings).ShouldNotBe(original, property.Name);
        }
    }

    [Fact]
    public void Model_patterns_rules_and_numerics_take_part()
    {
        Key(model: "other").ShouldNotBe(original);
        Key(numerics: "other").ShouldNotBe(original);
        Key(plan: new SparsityPlan(new SparsityPattern.Unstructured(0.71), [])).ShouldNotBe(original);
        Key(plan: new SparsityPlan(new SparsityPattern.Groups(2, 4), [])).ShouldNotBe(Key(plan: new SparsityPlan(new SparsityPattern.Unstructured(0.5), [])));
        Key(plan: Plan(new SparsityRule("*.3.fc2.weight", null))).ShouldNotBe(original);
    }

    [Fact]
    public void Calibration_takes_part()
    {
        CalibrationSettings settings = Calibration.Settings;
        foreach (CalibrationSettings other in (CalibrationSettings[])[
            settings with { Samples = 127 }, settings with { SequenceLength = 128 }, settings with { Sampling = Sampling.Random }])
        {
            Key(calibration: Calibration with { Settings = other }).ShouldNotBe(original);
        }

        Key(calibration: Calibration with { Text = new TextSource([Repository.Text("sample-eval.txt")]) }).ShouldNotBe(original);
    }

    [Fact]
    public void Paths_spelled_out_defaults_and_rules_without_effect_take_no_part()
    {
        using var directory = new TempDirectory();
        File.Copy(Repository.Text("sample-calibration.txt"), directory["moved.txt"]);
        Key(calibration: new CalibrationSource(
            new TextSource([directory["moved.txt"]]), Calibration.Settings with { SequenceLength = 256, Seed = 5 }, new SourceLocation("elsewhere.yaml")))
            .ShouldBe(original);
        Key(plan: Plan(new SparsityRule("nothing", null))).ShouldBe(original);
        Key(plan: Plan(new SparsityRule("*", new SparsityPattern.Unstructured(0.7)))).ShouldBe(original);
    }

    [Fact]
    public void Fields_do_not_run_together()
    {
        using var one = new KeyBuilder("kind", 1);
        using var other = new KeyBuilder("kind", 1);
        one.Add("a", "bc").Build().ShouldNotBe(other.Add("ab", "c").Build());
    }

    private static SparsityPlan Plan(params SparsityRule[] rules) => new(new SparsityPattern.Unstructured(0.7), rules);

    private static string Key(
        string model = "digest",
        PruningSettings? settings = null,
        SparsityPlan? plan = null,
        CalibrationSource? calibration = null,
        string numerics = "cpu") =>
        ArtifactKey.Of(model, Definition, settings ?? new PruningSettings(), plan ?? Plan(), calibration ?? Calibration, numerics);

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
