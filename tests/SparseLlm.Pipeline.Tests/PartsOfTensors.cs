using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Pruned layers in the cache whose matrices are parts of tensors, or planes of them.</summary>
public sealed class PartsOfTensors : BuildTest
{
    [Theory]
    [InlineData("gpt2", 4)]
    [InlineData("phi3", 4)]
    [InlineData("falcon_new", 4)]
    [InlineData("gpt_oss", 4 + 4 * 3)]
    [InlineData("qwen3_moe", 4 + 8 * 3)]
    public void They_come_back_with_the_bytes_that_they_had(string family, int atLeast)
    {
        PruneRequest request = Of(family);
        ArtifactOutcome made = Build(request);
        made.Manifest.Tensors.Count.ShouldBeGreaterThanOrEqualTo(2 * atLeast);
        made.Manifest.Tensors.ShouldAllBe(tensor => tensor.Sparsity == 0.5);
        RemoveOutput();
        File.Delete(Path.Combine(Root, "ac", Keys(request).Artifact));
        var restored = new Restored();
        ArtifactOutcome again = Build(request, progress: restored);
        (again.Origin, again.Manifest.Digest).ShouldBe((ArtifactOrigin.Pruned, made.Manifest.Digest));
        restored.Layers.ShouldBe(Enumerable.Range(0, Keys(request).Layers.Count));
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("phi3", "zeros of a part")]
    [InlineData("phi3", "without a part")]
    [InlineData("gpt_oss", "zeros of a part")]
    [InlineData("gpt_oss", "without a part")]
    [InlineData("gpt_oss", "another plane")]
    [InlineData("gpt_oss", "a plane that is not there")]
    public void One_that_is_not_what_its_key_stands_for_is_pruned_anew(string family, string forgery)
    {
        PruneRequest request = Of(family);
        string digest = Build(request).Manifest.Digest;
        RemoveOutput();
        StepKeys keys = Keys(request);
        File.Delete(Path.Combine(Root, "ac", keys.Artifact));
        Forge(keys.Layers[0], entry => With(entry, report =>
        {
            JsonArray linears = report["linears"]!.AsArray();
            JsonArray tensors = report["tensors"]!.AsArray();
            int part = linears.Index().Last(linear => ((string?)linear.Item!["name"])!.EndsWith(']')).Index;
            int plane = tensors.Index().First(tensor => ((string?)tensor.Item)!.EndsWith(']') || family == "phi3")
                .Index;
            string name = (string)tensors[plane]!;
            switch (forgery)
            {
                case "zeros of a part":
                    linears[part]!["zeros"] = (long)linears[part]!["zeros"]! - 1;
                    break;
                case "without a part":
                    linears.RemoveAt(part);
                    break;
                case "another plane":
                    tensors[plane] = (string)tensors[plane + 2]!;
                    break;
                default:
                    tensors[plane] = name[..name.LastIndexOf('[')] + "[4]";
                    break;
            }
        }));
        Build(request).Manifest.Digest.ShouldBe(digest);
        Codes.ShouldBe(["SLM4020"]);
    }

    private PruneRequest Of(string family)
    {
        Model = Temp["dense"];
        Directory.CreateDirectory(Model);
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Repository.Family(family), name), Path.Combine(Model, name));
        }

        TokenIds.Write(Temp["ids.npy"], 256);
        var calibration = new CalibrationSource(
            new TextSource([Temp["ids.npy"]]),
            new CalibrationSettings { Samples = 16, SequenceLength = 16 },
            new SourceLocation("test"));
        return Request() with { Settings = new PruningSettings { Guard = false }, Calibration = calibration };
    }

    private sealed class Restored : IProgress<BuildProgress>
    {
        public List<int> Layers { get; } = [];

        public void Report(BuildProgress value)
        {
            if (value is PruningStep { Progress: LayerRestored layer })
            {
                Layers.Add(layer.Layer);
            }
        }
    }
}
