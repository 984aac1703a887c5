using SparseLlm.Files;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Definitions;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Models as they are found: weights of torch.save, and snapshots of the hub's cache, which are
/// links.</summary>
public sealed class OtherForms : BuildTest
{
    private const string Embedding = "model.decoder.embed_tokens.weight";
    private static readonly string Safetensors = Repository.Model("tiny-opt");

    // The whole model, in the layout that its file has.
    public OtherForms() => Model = Safetensors;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_of_torch_save_have_the_digests_of_the_same_in_safetensors(bool areViews)
    {
        WriteTorch(areViews);
        ModelDefinition definition = DecoderModel.ReadDefinition(Model);
        var files = new InputFiles(new FileDigests(memoDirectory: null));
        var (known, found) = (new ModelDigests(Safetensors, definition, files), new ModelDigests(
            Model,
            definition,
            files));
        found.Tensors.OrderBy(tensor => tensor.Key).ShouldBe(known.Tensors.OrderBy(tensor => tensor.Key));
    }

    [Fact]
    public void Weights_of_torch_save_become_the_artifact_that_safetensors_become_and_share_its_layers()
    {
        ArtifactOutcome first = Build(Request());
        string[] layers = [.. Keys(Request()).Layers];
        byte[] weights = File.ReadAllBytes(Path.Combine(Output, "model.safetensors"));
        RemoveOutput();

        WriteTorch(areViews: true, hasTiedHead: true);
        Keys(Request()).Layers.ShouldBe(layers);

        // Whatever would have to be computed is an error.
        ArtifactOutcome second = Build(Request(), mayCompute: false);
        File.ReadAllBytes(Path.Combine(Output, "model.safetensors")).ShouldBe(weights);
        second.Manifest.Digest.ShouldBe(first.Manifest.Digest);
        Directory.EnumerateFiles(Output, "*.bin*").ShouldBeEmpty();

        Build(Request()).Origin.ShouldBe(ArtifactOrigin.UpToDate);
        RemoveOutput();
        Build(Request(), mayCompute: false).Origin.ShouldBe(ArtifactOrigin.Cache);
        RemoveOutput();
        Build(Request() with { Encoding = CheckpointEncoding.Sparse }, mayCompute: false).Origin
            .ShouldBe(ArtifactOrigin.Encoded);
        RemoveOutput();
        Build(Request() with { Encoding = CheckpointEncoding.Sparse }, mayCompute: false).Origin
            .ShouldBe(ArtifactOrigin.Cache);
    }

    [Fact]
    public void Other_tensors_under_the_key_of_an_artifact_of_torch_save_are_found_wrong()
    {
        WriteTorch(areViews: false);
        Build(Request());
        RemoveOutput();
        string key = EncodingKey.Of(Keys(Request()).Artifact, CheckpointEncoding.Dense);
        CachedFile other = Entry(key).Files.Single(file => file.Name == "tokenizer.json");
        Forge(key, entry => entry with
        {
            Files = [.. entry.Files.Select(
            file => file.Name == "model.safetensors" ? file with { Digest = other.Digest, Length = other.Length }
                : file)]
        });
        Build(Request()).Origin.ShouldBe(ArtifactOrigin.Pruned);
    }

    [SkippableFact]
    public void Snapshot_of_the_hubs_cache_is_a_model_and_its_copy_has_files()
    {
        Skip.If(OperatingSystem.IsWindows());
        Build(Request() with { Encoding = CheckpointEncoding.Sparse });
        byte[] known = File.ReadAllBytes(Path.Combine(Output, "model.safetensors"));
        RemoveOutput();
        WriteSnapshot();
        Build(Request() with { Encoding = CheckpointEncoding.Sparse }, mayCompute: false);
        File.ReadAllBytes(Path.Combine(Output, "model.safetensors")).ShouldBe(known);
        Directory.EnumerateFiles(Output).ShouldAllBe(file => new FileInfo(file).LinkTarget == null);
    }

    [SkippableFact]
    public void Change_behind_a_link_is_noticed()
    {
        Skip.If(OperatingSystem.IsWindows());
        WriteSnapshot();
        string before = Keys(Request()).Artifact;
        File.AppendAllText(ResolvedPath.Of(Path.Combine(Model, "config.json")), "\n");
        Keys(Request()).Artifact.ShouldNotBe(before);
    }

    [SkippableFact]
    public void Inputs_of_a_build_name_links_and_what_is_behind_them()
    {
        Skip.If(OperatingSystem.IsWindows());
        WriteSnapshot();
        File.WriteAllText(
            Temp["pruning.yaml"],
            "version: 1\nmodel: linked\nartifacts: { a: { method: magnitude, sparsity: 0.5 } }\n");
        using var engine = new LocalEngine(new CpuBackend());
        IReadOnlyList<string> inputs = new RecipeBuild(
            RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require(),
            Output,
            engine,
            Open()).Inputs;
        string config = Path.Combine(Model, "config.json");
        inputs.ShouldContain(config);
        inputs.ShouldContain(ResolvedPath.Of(config));
        inputs.Count(path => path == Temp["pruning.yaml"]).ShouldBe(1);
    }

    private void WriteTorch(bool areViews, bool hasTiedHead = false)
    {
        Model = Temp["torch"];
        CompanionFiles.Copy(Safetensors, Model);
        using Checkpoint checkpoint = Checkpoint.Open(Safetensors);
        TorchTensorBytes[] tensors = [.. checkpoint.Tensors.Select((tensor, index) =>
        {
            byte[] bytes = new byte[tensor.ByteLength];
            checkpoint.ReadBytes(tensor, 0, bytes);
            return areViews && tensor.Shape.Count == 2 && tensor.Name != Embedding
                ? TorchTensorBytes.Turned(
                    tensor.Name,
                    $"{index}",
                    "HalfStorage",
                    2,
                    tensor.Shape[0],
                    tensor.Shape[1],
                    bytes)
                : TorchTensorBytes.Whole(tensor.Name, $"{index}", "HalfStorage", 2, [.. tensor.Shape], bytes);
        })];
        TorchTensorBytes embedding = tensors.Single(tensor => tensor.Name == Embedding);
        File.WriteAllBytes(Path.Combine(Model, "pytorch_model.bin"), TorchBytes.Zip([.. tensors, .. hasTiedHead
            ? [embedding with { Name = "lm_head.weight" }]
            : Array.Empty<TorchTensorBytes>()]));
    }

    /// <summary>A snapshot whose directory is a link, of links into <c>blobs</c> without endings, relative and
    /// absolute, and one to another link.</summary>
    private void WriteSnapshot()
    {
        string blobs = Directory.CreateDirectory(Temp["hub/models--owner--name/blobs"]).FullName;
        string snapshot = Directory.CreateDirectory(Temp["hub/models--owner--name/snapshots/a1b2"]).FullName;
        foreach ((int index, string path) in Directory.EnumerateFiles(Safetensors).Order(StringComparer.Ordinal)
            .Index())
        {
            File.Copy(path, Path.Combine(blobs, $"{index:x40}"));
            string link = Path.Combine(snapshot, Path.GetFileName(path));
            File.CreateSymbolicLink(link, (index % 3) switch
            {
                0 => $"../../blobs/{index:x40}",
                1 => Path.Combine(blobs, $"{index:x40}"),
                _ => $"../../blobs/again-{index}",
            });
            if (index % 3 == 2)
            {
                File.CreateSymbolicLink(Path.Combine(blobs, $"again-{index}"), $"{index:x40}");
            }
        }

        Model = Temp["linked"];
        Directory.CreateSymbolicLink(Model, snapshot);
    }
}
