using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Inspection;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary><c>pruning.json</c> lists every tensor that is not as it is in the dense model.</summary>
public sealed class ChangedTensors : BuildTest
{
    [Fact]
    public void Biases_and_norms_that_were_fitted_or_tuned_are_listed_with_how_far_they_moved()
    {
        PruneRequest request = Request() with
        {
            Settings = PruningSettings.For(PruningMethod.SparseLlm) with
            { Solver = PruningMethod.SparseGpt, TuningEpochs = 1, DistillationEpochs = 1, Guard = false },
            Calibration = new CalibrationSource(
                new TextSource([Repository.Text("sample-calibration.txt")]), new CalibrationSettings
                {
                    Samples = 2,
                    SequenceLength = 32
                }, new SourceLocation("pruning.yaml")),
        };
        ArtifactManifest manifest = Build(request).Manifest;
        IReadOnlyList<ChangedTensor> others = manifest.OtherChanges.ShouldNotBeNull();
        others.Select(tensor => tensor.Name).ShouldContain("model.decoder.layers.1.self_attn_layer_norm.bias");
        others.Select(tensor => tensor.Name).ShouldContain("model.decoder.final_layer_norm.bias");
        ShouldAgreeWithTheFiles(manifest);

        // What comes out of the cache says the same.
        RemoveOutput();
        ArtifactOutcome restored = Build(request);
        restored.Origin.ShouldBe(ArtifactOrigin.Cache);
        restored.Manifest.OtherChanges!.Select(tensor => tensor.Name).ShouldBe(others.Select(tensor => tensor.Name));
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void Where_only_matrices_were_pruned_nothing_else_is_listed()
    {
        ArtifactManifest manifest = Build(Request()).Manifest;
        manifest.OtherChanges.ShouldNotBeNull().ShouldBeEmpty();
        ShouldAgreeWithTheFiles(manifest);
    }

    [Fact]
    public void A_manifest_that_does_not_list_them_is_read_and_left_alone()
    {
        Build(Request());
        string path = Path.Combine(Output, ArtifactManifest.FileName);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest.AsObject().Remove("otherChanges").ShouldBeTrue();
        File.WriteAllText(path, manifest.ToJsonString());
        ArtifactManifest.TryRead(Output)!.OtherChanges.ShouldBeNull();
        Build(Request()).Origin.ShouldBe(ArtifactOrigin.UpToDate);
    }

    private void ShouldAgreeWithTheFiles(ArtifactManifest manifest)
    {
        Dictionary<string, double?> differ = ArtifactDiff.Of(Model, Output, CancellationToken.None).Tensors
            .Where(tensor => tensor.Sums.SquaredDistance != 0)
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Sums.RelativeDistance);
        manifest.Tensors.Select(tensor => tensor.Name).Concat(manifest.OtherChanges!.Select(tensor => tensor.Name))
            .ShouldBe(differ.Keys, ignoreOrder: true);
        manifest.OtherChanges!.ShouldAllBe(tensor => tensor.RelativeDistance == differ[tensor.Name]);
    }
}
