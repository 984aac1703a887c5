using System.Diagnostics;
using NuGet.Versioning;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Reports.Provenance;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes;
using SparseLlm.Reports.Tests.Support;

namespace SparseLlm.Reports.Tests;

/// <summary>The recipe and the command line of a report make the same artifact again.</summary>
public sealed class MakingAgain : IDisposable
{
    private readonly TempDirectory directory = new();

    public static TheoryData<string> Variants => ["plain", "best", "paper", "set"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_recipe_says_the_settings_the_texts_and_the_windows(string variant)
    {
        PruningSettings settings = SettingsOf(variant);
        Recipe recipe = Read(Samples.Manifest() with { Settings = Setting.Describe(settings) });
        ArtifactRecipe artifact = recipe.Artifacts.Single();
        artifact.Name.ShouldBe("small-70");
        artifact.Settings.ShouldBe(settings);
        artifact.Pattern.ShouldBe(new SparsityPattern.Unstructured(0.7));
        artifact.Rules.ShouldBeEmpty();
        recipe.Calibration!.Text.Paths.Select(Path.GetFileName).ShouldBe([Samples.HostileFile]);
        recipe.Calibration.Settings.Samples.ShouldBe(16);
        recipe.Calibration.Settings.SequenceLength.ShouldBe(128);
        recipe.Calibration.Settings.Seed.ShouldBe(7);
        recipe.Perplexities.Single().Name.ShouldBe(Samples.HostileText);
        recipe.Perplexities.Single().SequenceLength.ShouldBe(128);
    }

    [Fact]
    public void Gguf_files_are_in_the_recipe()
    {
        ExportReport[] exports = [.. ((string[])["q8_0", "f16"]).Select(
            type => new ExportReport("gguf", type, "", [new ExportedFile($"a-{type}.gguf", "", 1)], []))];
        Read(Samples.Manifest() with { Exports = exports }).Artifacts.Single().Gguf
            .ShouldBe([GgufElementType.Q8_0, GgufElementType.F16]);
    }

    [Fact]
    public void Rules_and_every_digit_of_a_sparsity_are_in_the_recipe()
    {
        ArtifactManifest manifest = Samples.Manifest(pattern: "0.123457");
        LayerInputs[] layers = [.. manifest.Inputs.Layers.Select((layer, index) => layer with
        {
            Patterns = layer.Patterns.ToDictionary(matrix => matrix.Key, matrix => PatternOf(matrix.Key, index)),
        })];
        manifest = manifest with { Inputs = manifest.Inputs with { Layers = layers } };
        ArtifactRecipe artifact = Read(manifest).Artifacts.Single();
        var plan = new SparsityPlan(artifact.Pattern, artifact.Rules);
        artifact.Pattern.ShouldBe(new SparsityPattern.Unstructured(0.1234567891));
        artifact.Rules.Count.ShouldBe(2);
        foreach ((string name, string pattern) in layers.SelectMany(layer => layer.Patterns))
        {
            SparsityPattern? found = plan.PatternFor(
                new Models.Definitions.LinearDefinition(name[..^".weight".Length], 8, 8, false));
            (found is SparsityPattern.Unstructured share
                ? share.Fraction.ToString("R", System.Globalization.CultureInfo.InvariantCulture)
                : found?.ToString() ?? "dense").ShouldBe(pattern, name);
        }

        PruneCommandLine.Of(manifest).ShouldBeNull();

        static string PatternOf(string name, int layer) =>
            name.EndsWith("o_proj.weight")
                ? "dense"
                : layer == 2 && name.EndsWith("up_proj.weight") ? "2:4" : "0.1234567891";
    }

    [SkippableFact]
    public void The_command_line_reaches_a_program_as_it_was_meant()
    {
        Skip.If(OperatingSystem.IsWindows(), "there is no POSIX shell");
        string command = PruneCommandLine.Of(
            Samples.Manifest() with { Settings = Setting.Describe(SettingsOf("set")) })!;
        File.WriteAllText(directory["dotnet"], "#!/bin/sh\nfor argument; do printf '%s\\n' \"$argument\"; done\n");
        var start = new ProcessStartInfo(
            "/bin/sh",
            ["-c", $"dotnet() {{ sh '{directory["dotnet"]}' \"$@\"; }}; {command}"])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd().TrimEnd().Split('\n').ShouldBe(
        [
            "sparsellm", "prune", "tiny & small", "--method", "sparsellm", "--sparsity", "0.7", "--set", "damping=0.05",
            "--set", "biasRefit=false",
            "--calibration", Samples
                .HostileFile, "--samples", "16", "--sequence-length", "128", "--seed", "7", "--output", "small-70",
        ]);
    }

    [Theory]
    [InlineData(AllocationKind.Uniform, "--method magnitude --sparsity 0.7 --calibration")]
    [InlineData(
        AllocationKind.Error,
        "--method magnitude --sparsity 0.7 --set damping=0.05 --set allocation=error --calibration")]
    public void The_command_line_names_no_setting_that_the_method_does_not_look_at(
        AllocationKind allocation,
        string expected)
    {
        PruningSettings settings = PruningSettings.For(PruningMethod.Magnitude) with
        {
            Damping = 0.05,
            Allocation = allocation,
        };
        PruneCommandLine.Of(
            Samples.Manifest() with { Method = "magnitude", Settings = Setting.Describe(settings) })!
            .Replace(" \\\n ", "").ShouldContain(expected);
    }

    [Theory]
    [InlineData("plain", "sparsellm")]
    [InlineData("best", "sparsellm (best)")]
    [InlineData("paper", "sparsellm (variant paper)")]
    [InlineData("set", "sparsellm (damping 0.05, biasRefit false)")]
    public void A_method_is_called_by_what_is_special_about_it(string variant, string name) =>
        MethodName.Of(Samples.Manifest() with { Settings = Setting.Describe(SettingsOf(variant)) }).ShouldBe(name);

    private static PruningSettings SettingsOf(string variant) => variant switch
    {
        "best" => PruningSettings.For(PruningMethod.SparseLlm, Preset.Find("best")),
        "paper" => new PruningSettings().WithVariant(SparseLlmVariant.Paper),
        "set" => new PruningSettings { Damping = 0.05, BiasRefit = false },
        _ => new PruningSettings(),
    };

    private Recipe Read(ArtifactManifest manifest)
    {
        Directory.CreateDirectory(directory["tiny & small"]);
        File.Copy(
            Path.Combine(Repository.Model("tiny-llama"), "config.json"),
            Path.Combine(directory["tiny & small"], "config.json"));
        File.WriteAllText(directory[Samples.HostileFile], "some text");
        File.WriteAllText(directory["pruning.yaml"], RecipeExcerpt.Of(manifest));
        return RecipeReader.Read(directory["pruning.yaml"], new NuGetVersion("0.1.0")).Require();
    }

    public void Dispose() => directory.Dispose();
}
