using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Definitions;
using SparseLlm.Models.Reduction;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Artifacts of which whole experts are dropped before they are pruned.</summary>
public sealed class FewerExpertsBuilds : BuildTest
{
    private const int Experts = 4;

    [Theory]
    [InlineData("gpt_oss", false, PruningMethod.SparseLlm)]
    [InlineData("mixtral", true, PruningMethod.Magnitude)]
    public void The_manifest_tells_which_stay_and_the_artifact_comes_back_from_the_cache(
        string family,
        bool isSharded,
        PruningMethod method)
    {
        Dense(family, isSharded);
        PruneRequest request = Dropping(PruningSettings.For(method));
        ArtifactOutcome made = Build(request);
        made.Origin.ShouldBe(ArtifactOrigin.Pruned);
        JsonArray experts = JsonNode.Parse(File.ReadAllText(Path.Combine(Output, "pruning.json")))!["experts"]!
            .AsArray();
        int[][] kept = [.. experts.Select(layer => layer!.AsArray().Select(place => (int)place!).ToArray())];
        kept.ShouldAllBe(places => places.Length == 2 && places[0] < places[1] && places[1] < Experts);
        Mixtures(Output).ShouldBe([2, 2]);
        made.Manifest.Tensors.Count(tensor => tensor.Name.Contains("experts")).ShouldBe(2 * 2 * 3);
        made.Manifest.OtherChanges!.ShouldAllBe(
            tensor => !tensor.Name.Contains("router") && !tensor.Name.Contains("gate.weight"));

        Build(request).Origin.ShouldBe(ArtifactOrigin.UpToDate);
        RemoveOutput();
        ArtifactOutcome restored = Build(request with { LockedDigest = made.Manifest.Digest });
        restored.Origin.ShouldBe(ArtifactOrigin.Cache);
        restored.Manifest.Digest.ShouldBe(made.Manifest.Digest);
        restored.Manifest.Experts.ShouldBe(made.Manifest.Experts);
        Mixtures(Output).ShouldBe([2, 2]);
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("the artifact", new[] { "restored", "restored" })]
    [InlineData("the last layer", new[] { "restored", "pruned" })]
    [InlineData("the layers", new[] { "pruned", "pruned" })]
    [InlineData("the experts", new[] { "measured", "measured", "restored", "restored" })]
    public void A_build_that_was_stopped_goes_on_behind_its_last_step(string lost, string[] expected)
    {
        Dense("mixtral");
        PruneRequest request = Dropping(PruningSettings.For(PruningMethod.SparseGpt));
        string digest = Build(request).Manifest.Digest;
        RemoveOutput();
        StepKeys keys = Keys(request);
        string[] gone = lost switch
        {
            "the last layer" => [keys.Layers[1]],
            "the layers" => [.. keys.Layers],
            "the experts" => [keys.Experts!],
            _ => [],
        };
        foreach (string key in (string[])[keys.Artifact, .. gone])
        {
            File.Delete(Path.Combine(Root, "ac", key));
        }

        var steps = new Steps();
        ArtifactOutcome again = Build(request, progress: steps);
        (again.Origin, again.Manifest.Digest).ShouldBe((ArtifactOrigin.Pruned, digest));
        steps.Seen.ShouldBe(expected);
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(PruningMethod.Magnitude)]
    [InlineData(PruningMethod.SparseLlm)]
    public void With_a_sparsity_of_nothing_experts_go_and_all_else_stays(PruningMethod method)
    {
        Dense("mixtral");
        PruneRequest request = Dropping(PruningSettings
            .For(method)) with
        { Plan = new SparsityPlan(new SparsityPattern.Unstructured(0), []) };
        ArtifactOutcome made = Build(request);
        made.Manifest.Tensors.ShouldBeEmpty();
        using var backend = new CpuBackend();
        using DecoderModel dense = DecoderModel.Open(Model, backend);
        Directory.CreateDirectory(Temp["smaller"]);
        new FewerExperts(dense, made.Manifest.Experts!).Write(Temp["smaller"]);
        foreach (string name in (string[])["model.safetensors", "config.json"])
        {
            File.ReadAllBytes(Path.Combine(Output, name)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Temp[$"smaller/{name}"]))
                .ShouldBeTrue(name);
        }

        RemoveOutput();
        Build(request).Origin.ShouldBe(ArtifactOrigin.Cache);
        RemoveOutput();
        File.Delete(Path.Combine(Root, "ac", Keys(request).Artifact));
        Build(request).Manifest.Digest.ShouldBe(made.Manifest.Digest);
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void Artifacts_of_other_sparsities_share_the_choice()
    {
        Dense("mixtral");
        PruneRequest request = Dropping(PruningSettings.For(PruningMethod.Magnitude));
        Build(request);
        RemoveOutput();
        var steps = new Steps();
        Build(request with { Plan = new SparsityPlan(new SparsityPattern.Unstructured(0.6), []) }, progress: steps);
        steps.Seen.ShouldBe(["pruned", "pruned"]);
    }

    [Fact]
    public void Where_nothing_may_be_computed_the_choice_has_to_be_in_the_cache()
    {
        Dense("mixtral");
        PruneRequest request = Dropping(PruningSettings.For(PruningMethod.Magnitude));
        Should.Throw<DiagnosticException>(() => Build(request, mayCompute: false)).Diagnostics.Single().Code
            .ShouldBe("SLM4013");
        Directory.Exists(Output).ShouldBeFalse();
        string digest = Build(request).Manifest.Digest;
        RemoveOutput();
        File.Delete(Path.Combine(Root, "ac", Keys(request).Artifact));
        Build(request, mayCompute: false).Manifest.Digest.ShouldBe(digest);
    }

    [Fact]
    public void Without_calibration_data_there_is_nothing_to_choose_by()
    {
        Dense("mixtral");
        PruneRequest request = Dropping(PruningSettings.For(PruningMethod.Magnitude)) with { Calibration = null };
        Should.Throw<DiagnosticException>(() => Build(request)).Diagnostics.Single().Code.ShouldBe("SLM3008");
        Directory.Exists(Output).ShouldBeFalse();
    }

    [Theory]
    [InlineData("*.experts.1.*", true)]
    [InlineData("*.experts.2.*", false)]
    public void A_rule_counts_the_experts_that_stay(string match, bool isUsed)
    {
        PruneRequest request = Dropping(PruningSettings.For(PruningMethod.Magnitude)) with
        {
            Plan = new SparsityPlan(new SparsityPattern.Unstructured(0.5), [new SparsityRule(match, Pattern: null)]),
        };
        request.Warnings(DecoderModel.ReadDefinition(Repository.Family("mixtral"))).Any().ShouldBe(!isUsed);
    }

    [Theory]
    [InlineData("llama32", 0.5, "has no experts")]
    [InlineData("mixtral", 0.25, "each token goes through 2")]
    public void What_cannot_be_dropped_is_refused_with_the_line_of_the_recipe(
        string family,
        double share,
        string message)
    {
        TokenIds.Write(Temp["ids.npy"], 64);
        File.WriteAllText(Temp["pruning.yaml"], $$"""
            version: 1
            model: {{Repository.Family(family)}}
            calibration: { text: ids.npy, samples: 4, sequenceLength: 16 }
            artifacts:
              whole: { method: magnitude, sparsity: 0.5 }
              fewer: { method: magnitude, sparsity: 0.5, experts: { keep: {{share}} } }

            """);
        Recipe recipe = RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
        using IEngine engine = Devices.Open(new EngineChoice(DeviceNames.Cpu) { Threads = 1 });
        Diagnostic error = Should.Throw<DiagnosticException>(
            () => new RecipeBuild(recipe, Temp["models"], engine, Open(), null).Run(
                new BuildOptions(),
                CancellationToken.None)).Diagnostics.Single();
        error.Code.ShouldBe("SLM3017");
        error.Message.ShouldContain(message);
        (error.Location?.File, error.Location?.Line).ShouldBe((Temp["pruning.yaml"], 6));
        Directory.Exists(Temp["models"]).ShouldBeFalse();
    }

    /// <summary>Makes a family's tiny model the dense one, in three shards if asked for, of which the last has experts
    /// alone.</summary>
    private void Dense(string family, bool isSharded = false)
    {
        Model = Temp["dense"];
        Directory.CreateDirectory(Model);
        File.Copy(Path.Combine(Repository.Family(family), "config.json"), Path.Combine(Model, "config.json"));
        if (isSharded)
        {
            StoredTensors.Of(Repository.Family(family)).WriteShards(
                Model,
                name => name.Contains("experts.2.") || name.Contains("experts.3.") ? 2 : name.Contains("layers") ? 0
                    : 1);
        }
        else
        {
            File.Copy(
                Path.Combine(Repository.Family(family), "model.safetensors"),
                Path.Combine(Model, "model.safetensors"));
        }
    }

    private PruneRequest Dropping(PruningSettings settings)
    {
        TokenIds.Write(Temp["ids.npy"], 256);
        var calibration = new CalibrationSource(
            new TextSource([Temp["ids.npy"]]),
            new CalibrationSettings { Samples = 16, SequenceLength = 16 },
            new SourceLocation("test"));
        return Request() with { Settings = settings with { ExpertsKept = 0.5 }, Calibration = calibration };
    }

    private static int[] Mixtures(string directory) =>
        [.. DecoderModel.ReadDefinition(directory).Layers.SelectMany(layer => layer.Blocks).Select(block => block.Mixer)
            .OfType<ExpertsDefinition>()
            .Select(experts => experts.Experts.Count)];

    /// <summary>What was done with each layer.</summary>
    private sealed class Steps : IProgress<BuildProgress>
    {
        public List<string> Seen { get; } = [];

        public void Report(BuildProgress value)
        {
            string? step = (value as PruningStep)?.Progress switch
            {
                LayerMeasured => "measured",
                LayerRestored => "restored",
                LayerFinished => "pruned",
                _ => null,
            };
            if (step is not null)
            {
                Seen.Add(step);
            }
        }
    }
}
