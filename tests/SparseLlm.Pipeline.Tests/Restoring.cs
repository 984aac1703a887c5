using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Artifacts.Outputs;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What the cache holds under a key is taken for it only if it is that: whoever has written there, and
/// whatever.</summary>
public sealed class Restoring : BuildTest
{
    [Fact]
    public void An_artifact_comes_back_with_the_digest_that_it_had()
    {
        ArtifactManifest made = Build(Request()).Manifest;
        RemoveOutput();
        ArtifactOutcome restored = Build(Request() with { LockedDigest = made.Digest });
        restored.Origin.ShouldBe(ArtifactOrigin.Cache);
        restored.Manifest.Digest.ShouldBe(made.Digest);
        ModelFiles.Digest(ModelFiles.Digests(Output, new FileDigests(null).Of)).ShouldBe(made.Digest);
        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("weights of another artifact")]
    [InlineData("bytes of another digest")]
    [InlineData("without configuration")]
    [InlineData("one file more")]
    [InlineData("one file twice")]
    [InlineData("another configuration")]
    [InlineData("shorter weights")]
    [InlineData("manifest of another key")]
    [InlineData("manifest of other files")]
    [InlineData("manifest of another model")]
    [InlineData("no manifest")]
    [InlineData("another kind")]
    public void An_entry_that_is_not_what_its_key_stands_for_is_dropped_reported_and_made_anew(string forgery)
    {
        ArtifactManifest made = Build(Request()).Manifest;
        RemoveOutput();
        string key = Keys(Request()).Artifact;
        Forge(key, entry => Forged(entry, forgery));

        ArtifactOutcome built = Build(Request());
        built.Origin.ShouldBe(ArtifactOrigin.Pruned);
        built.Manifest.Digest.ShouldBe(made.Digest);
        Codes.ShouldBe(["SLM4020"]);

        RemoveOutput();
        Build(Request()).Origin.ShouldBe(ArtifactOrigin.Cache);
        Codes.Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("weights of another artifact")]
    [InlineData("forged throughout")]
    public void Where_the_artifact_is_locked_other_files_are_an_error_and_nothing_takes_its_place(string forgery)
    {
        string locked = Build(Request()).Manifest.Digest;
        RemoveOutput();
        string key = Keys(Request()).Artifact;
        Forge(key, entry => Forged(entry, forgery));
        ShouldHaveMoved(Request() with { LockedDigest = locked });
        Directory.Exists(Output).ShouldBeFalse();
    }

    [Fact]
    public void What_was_pruned_otherwise_than_it_is_locked_is_neither_put_in_place_nor_stored()
    {
        ShouldHaveMoved(Request() with { LockedDigest = new string('0', 64) });
        Directory.Exists(Output).ShouldBeFalse();
        Open().TryGet(Keys(Request()).Artifact).ShouldBeNull();
    }

    [Fact]
    public void What_stands_in_place_is_held_against_the_lock_too()
    {
        Build(Request());
        ShouldHaveMoved(Request() with { LockedDigest = new string('0', 64) });
        Directory.Exists(Output).ShouldBeTrue();
    }

    [Fact]
    public void Where_nothing_may_be_pruned_an_entry_that_is_refused_is_an_error_unless_the_layers_are_there()
    {
        Build(Request());
        RemoveOutput();
        StepKeys keys = Keys(Request());
        Forge(keys.Artifact, entry => Forged(entry, "without configuration"));
        Build(Request(), mayCompute: false).Origin.ShouldBe(ArtifactOrigin.Pruned);

        RemoveOutput();
        Forge(keys.Artifact, entry => Forged(entry, "without configuration"));
        File.Delete(Path.Combine(Root, "ac", keys.Layers[1]));
        Should.Throw<DiagnosticException>(() => Build(Request(), mayCompute: false)).Diagnostics.Single().Code
            .ShouldBe("SLM4013");
        Directory.Exists(Output).ShouldBeFalse();
    }

    [Fact]
    public void A_plan_takes_an_entry_for_what_a_build_takes_it_for()
    {
        File.WriteAllText(
            Temp["pruning.yaml"],
            $"version: 1\nmodel: {Model}\nartifacts: {{ a: {{ method: magnitude, sparsity: 0.5 }} }}\n");
        Recipe recipe = RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
        Build(Request());
        RemoveOutput();
        Planned().ShouldBe(PlannedAction.Restore);
        Forge(Keys(Request()).Artifact, entry => Forged(entry, "without configuration"));
        Planned().ShouldBe(PlannedAction.Prune);
        Codes.ShouldBeEmpty();

        PlannedAction Planned()
        {
            using var backend = new CpuBackend();
            return new RecipePlan(recipe, Temp["models"], backend.NumericsClass, Open()).Plan([]).Single().Action;
        }
    }

    [Theory]
    [InlineData("of another index")]
    [InlineData("with a tensor of another layer")]
    [InlineData("with a tensor that is not there")]
    [InlineData("with a tensor twice")]
    [InlineData("without a matrix")]
    [InlineData("of another shape")]
    [InlineData("of another pattern")]
    [InlineData("with zeros that are not there")]
    [InlineData("with the bytes of another sparsity")]
    [InlineData("without its file")]
    [InlineData("of another length")]
    public void A_layer_that_is_not_what_its_key_stands_for_is_pruned_anew(string forgery)
    {
        string digest = Build(Request()).Manifest.Digest;
        RemoveOutput();
        StepKeys keys = Keys(Request());
        File.Delete(Path.Combine(Root, "ac", keys.Artifact));
        Forge(keys.Layers[1], entry => ForgedLayer(entry, forgery));
        Build(Request()).Manifest.Digest.ShouldBe(digest);
        Codes.ShouldBe(["SLM4020"]);
    }

    [Fact]
    public async Task Builds_with_different_caches_take_turns_at_one_output()
    {
        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(((double[])[0.3, 0.4, 0.5]).Select(
                sparsity => Task.Run(() => Build(Request(sparsity), root: Temp[$"cache {sparsity}"]))));
            ArtifactState.IsIntact(Output, ArtifactManifest.TryRead(Output)!, new FileDigests(null)).ShouldBeTrue();
            Directory.EnumerateFileSystemEntries(Temp["models"]).ShouldBe([Output]);
        }
    }

    private void ShouldHaveMoved(PruneRequest request)
    {
        Diagnostic error = Should.Throw<DiagnosticException>(() => Build(request)).Diagnostics.Single();
        error.Code.ShouldBe("SLM4011");
        error.Message.ShouldContain(request.LockedDigest!);
    }

    private CacheEntry Forged(CacheEntry entry, string forgery)
    {
        CachedFile weights = entry.Files.Single(file => file.Name == "model.safetensors");
        CachedFile configuration = entry.Files.Single(file => file.Name == "config.json");
        switch (forgery)
        {
            case "weights of another artifact":
                return Replaced(entry, weights, Others());
            case "forged throughout":
                CacheEntry forged = Replaced(entry, weights, Others());
                return With(forged, manifest => manifest["digest"] = CachedArtifact.Digest(forged));
            case "bytes of another digest":
                File.Copy(
                    Path.Combine(Root, "cas", Others().Digest),
                    Path.Combine(Root, "cas", weights.Digest),
                    overwrite: true);
                return Replaced(entry, weights, weights with { Checksum = Others().Checksum });
            case "without configuration":
                return entry with { Files = [.. entry.Files.Except([configuration])] };
            case "one file more":
                return entry with { Files = [.. entry.Files, configuration with { Name = "more.json" }] };
            case "one file twice":
                return entry with { Files = [.. entry.Files.Except([configuration]), weights] };
            case "another configuration":
                forged = Replaced(entry, configuration, Stored("{}"u8.ToArray()) with { Name = "config.json" });
                return With(forged, manifest => manifest["digest"] = CachedArtifact.Digest(forged));
            case "shorter weights":
                forged = Replaced(
                    entry,
                    weights,
                    Stored(new byte[weights.Length - 1]) with { Name = "model.safetensors" });
                return With(forged, manifest => manifest["digest"] = CachedArtifact.Digest(forged));
            case "manifest of another key":
                return With(entry, manifest => manifest["key"] = Key("other"));
            case "manifest of other files":
                return With(entry, manifest => manifest["digest"] = Key("other"));
            case "manifest of another model":
                return With(entry, manifest => manifest["tensors"]![0]!["shape"] = new JsonArray(1, 2));
            case "no manifest":
                return entry with { Metadata = null };
            default:
                return entry with { Kind = "layer" };
        }

        CachedFile Others() => Entry(OtherKeys().Artifact).Files.Single(file => file.Name == "model.safetensors");
    }

    private CacheEntry ForgedLayer(CacheEntry entry, string forgery) => forgery switch
    {
        "of another index" => With(entry, report => report["index"] = 0),
        "with a tensor of another layer" => With(entry, report => Rename(report["tensors"]!.AsArray(), "layers.0.")),
        "with a tensor that is not there" => With(entry, report => Rename(report["tensors"]!.AsArray(), "layers.9.")),
        "with a tensor twice" => With(
            entry,
            report => report["tensors"]![1] = report["tensors"]![0]!.GetValue<string>()),
        "without a matrix" => With(entry, report => report["linears"]!.AsArray().RemoveAt(0)),
        "of another shape" => With(entry, report => report["linears"]![0]!["rows"] = 1),
        "of another pattern" => With(entry, report => report["linears"]![0]!["pattern"] = "0.6"),
        "with zeros that are not there" => With(entry, report => report["linears"]![0]!["zeros"] = 1),
        "with the bytes of another sparsity" => entry with { Files = Entry(OtherKeys().Layers[1]).Files },
        "without its file" => entry with { Files = [] },
        _ => entry with { Files = [entry.Files[0] with { Length = entry.Files[0].Length - 2 }] },
    };

    private static void Rename(JsonArray tensors, string layer)
    {
        for (int i = 0; i < tensors.Count; i++)
        {
            tensors[i] = tensors[i]!.GetValue<string>().Replace("layers.1.", layer, StringComparison.Ordinal);
        }
    }

    private static CacheEntry Replaced(CacheEntry entry, CachedFile file, CachedFile by) =>
        entry with { Files = [.. entry.Files.Select(known => known == file ? by : known)] };

    /// <summary>Bytes that are in the cache as they should be.</summary>
    private CachedFile Stored(byte[] bytes)
    {
        File.WriteAllBytes(Temp["bytes"], bytes);
        Put(Open(), "bytes", Temp["bytes"]);
        return Entry(Key("bytes")).Files[0];
    }
}
