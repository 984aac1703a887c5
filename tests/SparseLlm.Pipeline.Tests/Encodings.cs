using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Artifacts.Cached;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Digests;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Packing;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>An artifact is stored dense or packed; what was computed is the same.</summary>
public sealed class Encodings : BuildTest
{
    private readonly List<BuildProgress> progress = [];

    private string Weights => Path.Combine(Output, "model.safetensors");

    private string Mark => Path.Combine(Output, "sparsellm.json");

    [Fact]
    public void An_artifact_that_differs_in_its_encoding_alone_prunes_nothing_and_unpacks_to_the_same_bytes()
    {
        // How much is saved is told of the whole model, of which the embedding is a smaller part.
        Model = Repository.Model("tiny-opt");
        ArtifactManifest dense = Build(Request()).Manifest;
        ArtifactOutcome packed = Build(Sparse() with { Output = Temp["models/b"] }, mayCompute: false);

        packed.Origin.ShouldBe(ArtifactOrigin.Encoded);
        (packed.Manifest.Key, packed.Manifest.Digest, packed.Manifest.Sparsity).ShouldBe(
            (dense.Key, dense.Digest, dense.Sparsity));
        new FileInfo(Path.Combine(packed.Directory, "model.safetensors")).Length
            .ShouldBe(packed.Manifest.Size!.Packed!.Bytes);
        PackedSize expected = dense.Size!.Packed!;
        packed.Manifest.Size.Packed.Layouts.ShouldBe(expected.Layouts);
        packed.Manifest.Size.Packed.ShouldBe(expected with { Layouts = packed.Manifest.Size.Packed.Layouts });
        packed.Manifest.Size.Packed.Bytes.ShouldBeLessThan(dense.Size.Pruned * 7 / 10);
        packed.Manifest.Size.Packed.BitsPerWeight.ShouldBe(9.25, tolerance: 0.01);
        new ModelPacking(packed.Directory, Temp["unpacked"], new Recorder(progress), default).Unpack();
        Names(Temp["unpacked"]).ShouldBe(Names(Output), ignoreOrder: true);
        foreach (string name in Names(Output).Except(["report.html", "summary.md"]))
        {
            File.ReadAllBytes(Path.Combine(Temp["unpacked"], name))
                .ShouldBe(File.ReadAllBytes(Path.Combine(Output, name)), name);
        }
    }

    [Fact]
    public void What_goes_along_says_how_the_model_is_stored_or_does_not_go_along()
    {
        Build(Request());
        new ModelPacking(Output, Temp["packed"], new Recorder(progress), default).Pack();
        ArtifactManifest.TryRead(Temp["packed"])!.Encoding.ShouldBe(CheckpointEncoding.Sparse);
        File.ReadAllText(Path.Combine(Temp["packed"], "summary.md")).ShouldContain("on disk, packed,");
        new ModelPacking(Temp["packed"], Temp["unpacked"], new Recorder(progress), default).Unpack();
        File.ReadAllText(Path.Combine(Temp["unpacked"], "summary.md"))
            .ShouldContain("Packed, with 'encoding: sparse', they would take");

        File.AppendAllText(Path.Combine(Output, "config.json"), "\n");
        new ModelPacking(Output, Temp["of a changed one"], new Recorder(progress), default).Pack();
        Names(Temp["of a changed one"]).Intersect(["pruning.json", "report.html", "summary.md"]).ShouldBeEmpty();
    }

    [Fact]
    public void A_value_that_is_damaged_is_not_unpacked_beside_the_manifest_that_shows_it()
    {
        Build(Sparse());
        long value;
        using (Checkpoint checkpoint = Checkpoint.Open(Output))
        {
            value = checkpoint["model.decoder.layers.0.fc1.weight"].Packed!.Part(StoredPart.Values).Offset;
        }

        Flip(Weights, value);
        var packing = new ModelPacking(Output, Temp["unpacked"], new Recorder(progress), default);
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(packing.Unpack).Diagnostics.ShouldHaveSingleItem();
        (diagnostic.Code, Path.GetFileName(diagnostic.Location!.File)).ShouldBe(("SLM2021", "pruning.json"));
        Directory.Exists(Temp["unpacked"]).ShouldBeFalse();
        File.Delete(Path.Combine(Output, "pruning.json"));
        packing.Unpack();
        Names(Temp["unpacked"]).ShouldNotContain("pruning.json");
    }

    [Fact]
    public void What_is_pruned_to_be_packed_is_the_same_as_what_is_packed_later()
    {
        Build(Sparse());
        string made = Files();
        Build(Request(), mayCompute: false).Origin.ShouldBe(ArtifactOrigin.Encoded);
        File.Exists(Mark).ShouldBeFalse();
        byte[] dense = File.ReadAllBytes(Weights);
        RemoveOutput();
        Build(Request(), root: Temp["another cache"]);
        File.ReadAllBytes(Weights).ShouldBe(dense);

        RemoveOutput();
        Build(Sparse(), root: Temp["another cache"], mayCompute: false).Origin.ShouldBe(ArtifactOrigin.Encoded);
        Files().ShouldBe(made);
        Directory.EnumerateFileSystemEntries(Temp["models"]).ShouldBe([Output]);
    }

    [Fact]
    public void What_stands_in_its_place_is_packed_and_unpacked_without_a_cache()
    {
        string digest = Build(Request(), root: "off").Manifest.Digest;
        ArtifactOutcome packed = Build(Sparse(), root: "off", mayCompute: false);
        packed.Manifest.Encoding.ShouldBe(CheckpointEncoding.Sparse);
        packed.Manifest.Speed!.Pruned.ShouldBePositive();
        Build(Sparse(), root: "off", mayCompute: false).Origin.ShouldBe(ArtifactOrigin.UpToDate);
        Build(Request(), root: "off", mayCompute: false).Manifest.Digest.ShouldBe(digest);
        Files().ShouldBe(digest);
    }

    [Fact]
    public void What_was_pruned_and_measured_is_not_measured_again()
    {
        string text = WriteText();
        PruneRequest request = Sparse() with
        {
            Perplexities = [new PerplexityText("prose", new([text]), 32, new SourceLocation(text))]
        };
        PerplexityReport measured = Build(request).Manifest.Perplexity["prose"];
        PruneRequest dense = request with { Encoding = CheckpointEncoding.Dense };
        Build(dense, mayCompute: false).Manifest.Perplexity["prose"].Pruned.ShouldBe(measured.Pruned);
        RemoveOutput();
        Build(dense with { Name = "b", Output = Temp["models/b"] }, mayCompute: false).Manifest.Perplexity["prose"]
            .Pruned
            .ShouldBe(measured.Pruned);
        progress.OfType<EvaluationStep>().ShouldBeEmpty();
    }

    [Fact]
    public void A_packed_artifact_is_restored_after_it_was_deleted_or_changed()
    {
        Build(Sparse());
        string made = Files();
        foreach (Action harm in (Action[])
        [
            RemoveOutput,
            () => File.Delete(Mark),
            () => Flip(Mark, 40),
            () => Flip(Weights, new FileInfo(Weights).Length / 2),
        ])
        {
            harm();
            Build(Sparse(), mayCompute: false).Origin.ShouldBe(ArtifactOrigin.Cache);
            Files().ShouldBe(made);
        }

        Codes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("without the file that says how it is packed")]
    [InlineData("packed otherwise than that file says")]
    [InlineData("not packed")]
    [InlineData("another configuration")]
    [InlineData("manifest of a dense artifact")]
    [InlineData("manifest of other files")]
    public void A_packed_entry_that_is_not_what_its_key_stands_for_is_dropped_and_made_anew(string forgery)
    {
        Build(Sparse());
        string made = Files();
        RemoveOutput();
        Forge(PackedKey(), entry => Forged(entry, forgery));

        Build(Sparse()).Manifest.Encoding.ShouldBe(CheckpointEncoding.Sparse);
        Files().ShouldBe(made);
        Codes.ShouldBe(["SLM4020"]);
    }

    [Fact]
    public void A_packed_entry_that_claims_another_origin_does_not_become_a_dense_artifact()
    {
        string digest = Build(Sparse()).Manifest.Digest;
        RemoveOutput();
        Forge(PackedKey(), entry => With(entry, manifest => manifest["digest"] = Key("other")));
        ArtifactOutcome built = Build(Request());
        built.Origin.ShouldBe(ArtifactOrigin.Pruned);
        built.Manifest.Digest.ShouldBe(digest);
        Names(Output).ShouldNotContain("sparsellm.json");
    }

    [Fact]
    public void A_plan_says_that_it_would_be_packed_and_how_large_it_would_be()
    {
        ArtifactPlan none = Plan("sparse");
        (none.Action, none.Size.IsEstimate).ShouldBe((PlannedAction.Prune, true));
        Run("dense");
        ArtifactPlan standing = Plan("sparse");
        (standing.Action, standing.Size.IsEstimate).ShouldBe((PlannedAction.Encode, false));
        RemoveOutput();
        Plan("sparse").Action.ShouldBe(PlannedAction.Encode);
        Run("sparse");
        Plan("sparse").Action.ShouldBe(PlannedAction.None);
        long bytes = ModelFiles.Bytes(Output) - new FileInfo(Mark).Length;
        standing.Size.Bytes.ShouldBe(bytes);
        ((double)none.Size.Bytes).ShouldBe(bytes, tolerance: bytes / 100.0);
        Plan("dense").Size.Bytes.ShouldBe(ModelFiles.Bytes(Model));
        RemoveOutput();
        Plan("sparse").Action.ShouldBe(PlannedAction.Restore);
    }

    [Fact]
    public void A_locked_build_holds_the_encoding_and_the_packed_files_against_the_lock()
    {
        Run("sparse");
        LockedArtifact locked = LockFile.Read(Temp["pruning.lock.json"])!.Artifacts["a"];
        locked.Packed!.Key.ShouldBe(PackedKey());
        locked.Size.ShouldBe(new FileInfo(Weights).Length);
        Run("sparse", isLocked: true);
        Moved(() => Run("dense", isLocked: true)).ShouldContain("encoding sparse -> dense");

        string written = File.ReadAllText(Temp["pruning.lock.json"]);
        File.WriteAllText(Temp["pruning.lock.json"], written.Replace(locked.Packed.Digest, new string('0', 64)));
        Moved(() => Run("sparse", isLocked: true)).ShouldContain("its packed files are others");
        RemoveOutput();
        Moved(() => Run("sparse", isLocked: true)).ShouldContain("the cache has other files");
        Moved(() => Run("sparse", isLocked: true, root: "off")).ShouldContain("its packed files are others");
        Directory.Exists(Output).ShouldBeFalse();
    }

    [Fact]
    public void Packed_files_are_exchanged_as_they_are_locked()
    {
        using var server = new CacheFlakyServer((_, _) => CacheFlakyServer.Failure.None);
        Run("sparse");
        string digest = Files();
        ExchangedArtifact pushed = CacheExchange.Push(
            Machine("cache"),
            Temp["pruning.lock.json"],
            withLayers: false,
            CancellationToken.None).Single();
        (pushed.Key, pushed.IsComplete).ShouldBe((PackedKey(), true));
        RemoveOutput();
        CacheExchange.Pull(Machine("near"), Temp["pruning.lock.json"], withLayers: false, CancellationToken.None)
            .Single()
            .IsComplete
            .ShouldBeTrue();
        Run("sparse", isLocked: true, root: Temp["near"]).Origin.ShouldBe(ArtifactOrigin.Cache);
        Files().ShouldBe(digest);

        Run("sparse");
        CacheInventory.Of(Open()).Entries.Where(listed => listed.Entry.Kind == "artifact")
            .ShouldAllBe(listed => listed.IsPinned);
        string written = File.ReadAllText(Temp["pruning.lock.json"]);
        File.WriteAllText(
            Temp["pruning.lock.json"],
            written.Replace(LockFile.Read(Temp["pruning.lock.json"])!.Artifacts["a"].Packed!.Digest, Key("another")));
        CacheExchange.Pull(Machine("far"), Temp["pruning.lock.json"], withLayers: false, CancellationToken.None)
            .Single()
            .IsThere
            .ShouldBeFalse();
        Should.Throw<DiagnosticException>(() => CacheExchange.Push(
            Machine("cache"),
            Temp["pruning.lock.json"],
            withLayers: false,
            CancellationToken.None))
            .Diagnostics.Single().Code.ShouldBe("SLM4011");

        BuildCache Machine(string name)
            => BuildCache.Open(Temp[name], new RemoteCacheOptions(server.Address, CanWrite: true, null), Warn);
    }

    [Fact]
    public void Files_of_the_user_stay_when_the_encoding_changes()
    {
        Build(Request());
        File.WriteAllText(Path.Combine(Output, "README.md"), "mine");
        Build(Sparse());
        Build(Request());
        File.ReadAllText(Path.Combine(Output, "README.md")).ShouldBe("mine");
        File.WriteAllText(Mark, "mine");
        Should.Throw<DiagnosticException>(() => Build(Sparse())).Diagnostics.Single().Code.ShouldBe("SLM4001");
        File.ReadAllText(Mark).ShouldBe("mine");
    }

    [Fact]
    public void A_GGUF_file_is_the_same_from_a_packed_artifact()
    {
        Model = ShallowModel.Of("tiny-llama");
        ExportReport dense = Build(Request() with { Gguf = [GgufElementType.Q8_0] }).Manifest.Exports.Single();
        ExportReport packed = Build(Sparse() with { Gguf = [GgufElementType.Q8_0] }, root: Temp["another cache"])
            .Manifest
            .Exports
            .Single();
        (packed.Key, packed.Digest).ShouldBe((dense.Key, dense.Digest));
    }

    [Fact]
    public void A_model_in_which_nothing_gets_smaller_is_a_packed_one_without_packed_tensors()
    {
        ArtifactManifest manifest = Build(Request(0.01) with { Encoding = CheckpointEncoding.Sparse }).Manifest;
        manifest.Size!.Packed!.BitsPerWeight.ShouldBe(16);
        JsonNode.Parse(File.ReadAllBytes(Mark))!["tensors"]!.AsObject().ShouldBeEmpty();
        Build(Request(0.01) with { Encoding = CheckpointEncoding.Sparse }).Origin.ShouldBe(ArtifactOrigin.UpToDate);
        Build(Request(0.01), mayCompute: false).Manifest.Digest.ShouldBe(manifest.Digest);
    }

    [Fact]
    public void Fewer_experts_are_packed_too()
    {
        SmallBuild build = SmallBuild.OfExperts(Temp);
        ArtifactManifest dense = build.Run(Open()).Manifest;
        File.WriteAllText(Temp["pruning.yaml"], File.ReadAllText(Temp["pruning.yaml"])
            .Replace("sparsity: 0.5", "sparsity: 0.5, encoding: sparse", StringComparison.Ordinal));
        ArtifactOutcome packed = build.Run(Open(), new BuildOptions { OnCacheMiss = CacheMissPolicy.Error });
        (packed.Origin, packed.Manifest.Digest).ShouldBe((ArtifactOrigin.Encoded, dense.Digest));
        build.Run(Open()).Origin.ShouldBe(ArtifactOrigin.Cache);
        Codes.ShouldBeEmpty();
    }

    [Fact]
    public void A_size_that_a_dense_artifact_cannot_have_is_an_error_before_anything_is_pruned()
    {
        // The shares are those of the whole model, of which the embedding is a smaller part.
        Model = Repository.Model("tiny-opt");
        Diagnostic error = Should.Throw<DiagnosticException>(() => Run("dense", gate: "70%")).Diagnostics.Single();
        error.Code.ShouldBe("SLM4046");
        error.Message.ShouldContain("store it with 'encoding: sparse'");
        Directory.Exists(Output).ShouldBeFalse();
        Run("sparse", gate: "70%").Gates.Single().IsMet.ShouldBeTrue();
        Diagnostic missed = Should.Throw<DiagnosticException>(() => Run("sparse", gate: "60%")).Diagnostics.Single();
        missed.Code.ShouldBe("SLM4003");
        missed.Message.ShouldContain("of the dense model's 4.2 MiB (allowed: at most 60.00 % of dense)");
        Run("dense", gate: "100%").Gates.Single().IsMet.ShouldBeTrue();
    }

    [Theory]
    [InlineData("0", "bits: 4, embeddings: 8", "int4", "int8")]
    [InlineData("0.5", "bits: 8, group: row", "sparse-int8")]
    public void A_plan_knows_how_large_codes_will_be_and_a_manifest_in_which_layouts_they_are(
        string sparsity,
        string quantization,
        params string[] layouts)
    {
        File.WriteAllText(Temp["pruning.yaml"],
            $$"""
            version: 1
            model: {{Model}}
            calibration: { text: {{WriteText()}}, samples: 2, sequenceLength: 64 }
            artifacts:
              a: { method: magnitude, sparsity: {{sparsity}}, quantization: { {{quantization}} }, encoding: sparse }
            """);
        Recipe recipe = RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
        using var engine = new LocalEngine(new CpuBackend());
        ArtifactPlan planned = new RecipePlan(recipe, Temp["models"], engine.NumericsClass, Open()).Plan([]).Single();
        ArtifactManifest made = new RecipeBuild(recipe, Temp["models"], engine, Open())
            .Run(new BuildOptions(), CancellationToken.None).Single().Manifest;
        planned.Size.IsEstimate.ShouldBeTrue();
        long bytes = ModelFiles.Bytes(Output) - new FileInfo(Mark).Length;
        ((double)planned.Size.Bytes).ShouldBe(bytes, tolerance: bytes / 50.0);
        IReadOnlyList<LayoutReport> found = made.Size!.Packed!.Layouts.ShouldNotBeNull();
        found.Select(layout => layout.Layout).ShouldBe([.. layouts, "dense"], ignoreOrder: true);
        found.Single(layout => layout.Layout == layouts[0]).BitsPerWeight.ShouldBe(
            made.Size.Packed.BitsPerWeight,
            tolerance: 1e-4);
        (made.IsOnlyQuantized, made.PrunedShare).ShouldBe((sparsity == "0", sparsity == "0" ? 0 : made.Sparsity));
    }

    private PruneRequest Sparse() => Request() with { Encoding = CheckpointEncoding.Sparse };

    private string PackedKey() => EncodingKey.Of(Keys(Request()).Artifact, CheckpointEncoding.Sparse);

    private static string Moved(Action run)
    {
        Diagnostic error = Should.Throw<DiagnosticException>(run).Diagnostics.Single();
        error.Code.ShouldBe("SLM4011");
        return error.Message;
    }

    private ArtifactOutcome Run(string encoding, bool isLocked = false, string? root = null, string? gate = null)
    {
        BuildCache cache = Open(root);
        using var engine = new LocalEngine(new CpuBackend());
        return new RecipeBuild(Recipe(encoding, gate), Temp["models"], engine, cache).Run(
            new BuildOptions { IsLocked = isLocked },
            CancellationToken.None).Single();
    }

    private ArtifactPlan Plan(string encoding)
    {
        using var backend = new CpuBackend();
        return new RecipePlan(Recipe(encoding, null), Temp["models"], backend.NumericsClass, Open()).Plan([]).Single();
    }

    private Recipe Recipe(string encoding, string? gate)
    {
        string gates = gate is null ? "" : $", gates: {{ maxSize: {gate} }}";
        File.WriteAllText(Temp[
            "pruning.yaml"], $"version: 1\nmodel: {Model}\nartifacts: {{ a: {{ method: magnitude, sparsity: 0.5, "
                + $"encoding: {encoding}{gates} }} }}\n");
        return RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
    }

    private CacheEntry Forged(CacheEntry entry, string forgery)
    {
        switch (forgery)
        {
            case "without the file that says how it is packed":
                return entry with { Files = [.. entry.Files.Where(file => file.Name != "sparsellm.json")] };
            case "packed otherwise than that file says":
                CacheEntry forged = Replaced(
                    entry,
                    Entry(OtherKeys().Artifact).Files.Single(file => file.Name == "model.safetensors"));
                return With(forged, manifest => manifest["packedDigest"] = CachedArtifact.Digest(forged));
            case "not packed":
                forged = Entry(OtherKeys().Artifact) with { Key = entry.Key };
                return With(forged, manifest => manifest["key"] = Keys(Request()).Artifact);
            case "another configuration":
                forged = Replaced(
                    entry,
                    entry.Files.Single(file => file.Name == "vocab.json") with { Name = "config.json" });
                return With(forged, manifest => manifest["packedDigest"] = CachedArtifact.Digest(forged));
            case "manifest of a dense artifact":
                return With(entry, manifest =>
                {
                    manifest["encoding"] = "dense";
                    manifest["packedDigest"] = null;
                });
            default:
                return With(entry, manifest => manifest["packedDigest"] = Key("other"));
        }
    }

    private static CacheEntry Replaced(CacheEntry entry, CachedFile by)
        => entry with { Files = [.. entry.Files.Select(file => file.Name == by.Name ? by : file)] };

    private string WriteText()
    {
        File.WriteAllText(Temp["text.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..3000]);
        return Temp["text.txt"];
    }

    /// <summary>The digest of the model's files as they stand there.</summary>
    private string Files() => ModelFiles.Digest(ModelFiles.Digests(Output, new FileDigests(null).Of));

    private static string[] Names(string directory)
        => [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];

    private static void Flip(string path, long offset)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }

    private sealed class Recorder(List<BuildProgress> all) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => all.Add(value);
    }
}
