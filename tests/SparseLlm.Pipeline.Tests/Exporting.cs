using SparseLlm.Diagnostics;
using SparseLlm.Models.Gguf.Format;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Exports;
using SparseLlm.Pipeline.Inspection;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>GGUF files in the directories of artifacts.</summary>
public sealed class Exporting : BuildTest
{
    public Exporting() => Model = ShallowModel.Of("tiny-llama");

    private string File8 => Path.Combine(Output, "a-Q8_0.gguf");

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public void An_artifact_has_a_file_for_each_type_and_says_so()
    {
        ArtifactOutcome outcome = Build(Wanting(GgufElementType.Q8_0, null));

        outcome.Manifest.Exports.Select(export => (export.File, export.Format, export.Type))
            .ShouldBe([("a-Q8_0.gguf", "gguf", "q8_0"), ("a-F16.gguf", "gguf", "f16")]);
        outcome.Manifest.Exports[0].Bytes.ShouldBe(new FileInfo(File8).Length);
        File.ReadAllText(Path.Combine(Output, "Modelfile")).ShouldContain("FROM ./a-Q8_0.gguf");
        GgufInspection inspection = GgufInspection.Of(File8, None);
        inspection.Sparsity.ShouldBe(0.5);
        inspection.Metadata["sparsellm.digest"].ShouldBe(outcome.Manifest.Digest);
        inspection.Metadata["general.base_model.0.name"].ShouldBe("tiny-llama");
        string[] reports = [File.ReadAllText(Path.Combine(Output, "summary.md")), File.ReadAllText(
            Path.Combine(Output, "report.html"))];
        reports.ShouldAllBe(report => report.Contains("a-Q8_0.gguf", StringComparison.Ordinal));
    }

    [Fact]
    public void Four_bits_hold_the_codes_of_a_quantised_artifact_and_so_keep_its_mask()
    {
        PruneRequest request = Calibrated(GgufElementType.Q4_0);
        Build(request);
        GgufInspection.Of(Path.Combine(Output, "a-Q4_0.gguf"), None).Sparsity!.Value
            .ShouldBeGreaterThan(0.5, "small weights become zero where codes are found afterwards");
        Build(request with { Settings = request.Settings with { Quantization = new Quantization(4, 32) } });
        GgufInspection.Of(Path.Combine(Output, "a-Q4_0.gguf"), None).Sparsity.ShouldBe(0.5);
    }

    [Theory]
    [InlineData(4, null, "Q4_0", "Q8_0")]
    [InlineData(4, 8, "Q8_0", "Q8_0")]
    [InlineData(8, 4, "Q4_0", "Q4_0")]
    public void Four_bits_leave_tables_that_are_codes_in_as_many_bits_as_they_have(
        int bits,
        int? tableBits,
        string embedding,
        string head)
    {
        PruneRequest request = Calibrated(GgufElementType.Q4_0);
        Build(request with
        {
            Settings = request.Settings with { Quantization = new Quantization(bits, 32, tableBits) }
        });
        GgufTensorInspection[] tables = [.. GgufInspection.Of(Path.Combine(Output, "a-Q4_0.gguf"), None).Tensors
            .Where(tensor => tensor.Name is "token_embd.weight" or "output.weight")];
        tables.Select(table => table.Type).ShouldBe([embedding, head]);
        if (tableBits is not null)
        {
            IReadOnlyList<TensorInspection> tensors = ModelInspection.Of(Output, None).Tensors;
            tables.Select(table => table.Sparsity).ShouldBe(
                ((string[])["model.embed_tokens.weight", "lm_head.weight"])
                    .Select(name => (double?)tensors.Single(tensor => tensor.Name == name).Sparsity));
        }
    }

    [Fact]
    public void Another_type_prunes_nothing_and_leaves_the_other_files_alone()
    {
        Build(Wanting(GgufElementType.Q8_0));
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(Output, "model.safetensors"));
        DateTime exported = File.GetLastWriteTimeUtc(File8);

        ArtifactOutcome outcome = Build(Wanting(GgufElementType.Q4_0, GgufElementType.Q8_0));

        outcome.Origin.ShouldBe(ArtifactOrigin.Exported);
        File.Exists(Path.Combine(Output, "a-Q4_0.gguf")).ShouldBeTrue();
        File.GetLastWriteTimeUtc(Path.Combine(Output, "model.safetensors")).ShouldBe(written);
        File.GetLastWriteTimeUtc(File8).ShouldBe(exported);
        File.ReadAllText(Path.Combine(Output, "Modelfile")).ShouldContain("a-Q4_0.gguf");
        Build(Wanting(GgufElementType.Q4_0, GgufElementType.Q8_0)).Origin.ShouldBe(ArtifactOrigin.UpToDate);
    }

    [Fact]
    public void Files_that_are_no_longer_asked_for_go_and_those_of_the_user_stay()
    {
        Build(Wanting(GgufElementType.Q8_0));
        string own = Path.Combine(Output, "mine.gguf");
        File.WriteAllText(own, "mine");

        Build(Request()).Manifest.Exports.ShouldBeEmpty();

        Directory.EnumerateFiles(Output).Select(Path.GetFileName).ShouldNotContain("Modelfile");
        File.Exists(File8).ShouldBeFalse();
        File.ReadAllText(own).ShouldBe("mine");
    }

    [Fact]
    public void A_file_that_was_lost_or_changed_comes_back_from_the_cache_as_it_was()
    {
        Build(Wanting(GgufElementType.Q8_0));
        byte[] before = File.ReadAllBytes(File8);
        foreach (Action harm in (Action[])[() => File.Delete(File8), () => File.WriteAllText(
            File8,
            "harm"), RemoveOutput])
        {
            harm();
            var written = new List<BuildProgress>();
            Build(Wanting(GgufElementType.Q8_0), progress: new Recorder(written));
            File.ReadAllBytes(File8).ShouldBe(before);
            written.OfType<Requests.Exporting>().ShouldBeEmpty("it is in the cache");
        }
    }

    [Fact]
    public void The_same_inputs_give_the_same_bytes_without_a_cache()
    {
        Build(Wanting(GgufElementType.Q8_0), root: "off");
        byte[] first = File.ReadAllBytes(File8);
        RemoveOutput();
        Build(Wanting(GgufElementType.Q8_0), root: "off");
        File.ReadAllBytes(File8).ShouldBe(first);
    }

    [Fact]
    public void The_licence_is_that_of_the_dense_model_whatever_card_lies_beside_the_artifact()
    {
        string sample = Model;
        Model = Temp["tiny-llama"];
        Directory.CreateDirectory(Model);
        foreach (string file in Directory.EnumerateFiles(sample))
        {
            File.Copy(file, Path.Combine(Model, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(Model, "README.md"), "---\nlicense: mit\n---\n");
        Build(Request());
        File.WriteAllText(Path.Combine(Output, "README.md"), "---\nlicense: apache-2.0\n---\n");
        Build(Wanting(GgufElementType.Q8_0));
        GgufInspection.Of(File8, None).Metadata["general.license"].ShouldBe("mit");

        File.WriteAllText(Path.Combine(Model, "README.md"), "---\nlicense: bsd\n---\n");
        Build(Wanting(GgufElementType.Q8_0)).Origin.ShouldBe(ArtifactOrigin.Exported);
        GgufInspection.Of(File8, None).Metadata["general.license"].ShouldBe("bsd");
    }

    [Fact]
    public void A_file_of_the_user_in_the_place_of_an_export_is_not_replaced()
    {
        Build(Request());
        File.WriteAllText(File8, "mine");

        DiagnosticException refused = Should.Throw<DiagnosticException>(() => Build(Wanting(GgufElementType.Q8_0)));

        refused.Diagnostics.ShouldHaveSingleItem().Descriptor.ShouldBe(PipelineDiagnostics.OutputNotOurs);
        File.ReadAllText(File8).ShouldBe("mine");
        ArtifactManifest.TryRead(Output)!.Exports.ShouldBeEmpty();
    }

    [Fact]
    public void An_entry_of_the_cache_with_files_of_other_names_is_not_restored()
    {
        string key = Build(Wanting(GgufElementType.Q8_0)).Manifest.Exports[0].Key;
        byte[] before = File.ReadAllBytes(File8);
        Forge(key, entry => entry with { Files = [entry.Files[0] with { Name = "config.json" }] });
        File.Delete(File8);

        Build(Wanting(GgufElementType.Q8_0));

        File.ReadAllBytes(File8).ShouldBe(before);
        File.ReadAllText(Path.Combine(Output, "config.json"))
            .ShouldBe(File.ReadAllText(Path.Combine(Model, "config.json")));
    }

    [Fact]
    public void A_model_that_a_build_has_been_killed_over_gets_the_file_that_its_manifest_tells_of()
    {
        Build(Wanting(GgufElementType.Q8_0));
        string staging = Path.Combine(Path.GetDirectoryName(Output)!, ".a.sparsellm-staging");
        Directory.CreateDirectory(staging);
        File.Move(File8, Path.Combine(staging, "a-Q8_0.gguf"));

        Build(Wanting(GgufElementType.Q8_0)).Origin.ShouldBe(ArtifactOrigin.Exported);

        File.Exists(File8).ShouldBeTrue();
        Directory.Exists(staging).ShouldBeFalse();
    }

    [Fact]
    public void A_lock_holds_files_too()
    {
        using var directory = new TempDirectory();
        var build = new SmallBuild(directory);
        BuildCache cache = Open();
        build.Run(cache);
        Rewrite(directory, "sparsity: 0.5,", "sparsity: 0.5, format: gguf, type: q8_0,");

        Failure(build, cache).ShouldContain("GGUF files none -> q8_0");
        build.Plan(cache).Action.ShouldBe(PlannedAction.Export);
        ArtifactOutcome outcome = build.Run(cache, new BuildOptions());
        build.Run(cache, new BuildOptions { IsLocked = true }).Origin.ShouldBe(ArtifactOrigin.UpToDate);
        build.Plan(cache).Action.ShouldBe(PlannedAction.None);
        Rewrite(directory, outcome.Manifest.Exports[0].Digest, new string('0', 64), "pruning.lock.json");
        Failure(build, cache).ShouldContain("a-Q8_0.gguf has come out otherwise");
    }

    [Fact]
    public void A_warning_of_an_export_comes_with_every_build()
    {
        using var directory = new TempDirectory();
        var build = new SmallBuild(directory);
        Rewrite(directory, "sparsity: 0.5,", "sparsity: 0.5, format: gguf,");
        BuildCache cache = Open();
        build.Run(cache);
        ArtifactManifest known = ArtifactManifest.TryRead(build.Artifact)!;
        (known with
        {
            Exports = [known.Exports[0] with { Notes = [new ExportNote(
                "SLM2213",
                "title",
                "it deviates",
                IsWarning: true)] }]
        }).Write(build.Artifact);

        var progress = new List<BuildProgress>();
        build.Run(cache, new BuildOptions(), new Recorder(progress)).Origin.ShouldBe(ArtifactOrigin.UpToDate);

        Diagnostic note = progress.OfType<Notice>().Select(notice => notice.Diagnostic).ShouldHaveSingleItem();
        note.ToString().ShouldContain("warning SLM2213: it deviates");
        note.Location!.File.ShouldEndWith("pruning.yaml");
    }

    [Fact]
    public void A_model_is_exported_without_a_recipe_and_says_where_it_comes_from()
    {
        ArtifactManifest manifest = Build(Request()).Manifest;
        ModelExport export = ModelExport.Run(
            Output,
            Temp["out/b.gguf"],
            GgufElementType.F32,
            name: null,
            progress: null,
            None);

        export.Files.ShouldBe([Temp["out/b.gguf"]]);
        GgufInspection.Of(export.Files[0], None).Metadata["sparsellm.key"].ShouldBe(manifest.Key);
        ArtifactDiff diff = ArtifactDiff.Of(Output, export.Files[0], None);
        diff.Tensors.ShouldAllBe(tensor => tensor.Sums.SquaredDistance == 0);
        (diff.OnlyInA.Count, diff.OnlyInB.Count).ShouldBe((0, 0));
        ArtifactDiff.Of(Model, export.Files[0], None).Total.SparsityB.ShouldBe(0.5);

        // What was edited since does not come from there any more.
        File.AppendAllText(Path.Combine(Output, "config.json"), " ");
        ModelExport.Run(Output, Temp["out/b.gguf"], type: null, name: null, progress: null, None).HasProvenance
            .ShouldBeFalse();
    }

    [Fact]
    public void A_model_that_gguf_cannot_hold_is_refused_where_it_is_asked_for_before_anything_is_made()
    {
        Model = ShallowModel.Of("tiny-opt");
        var place = new SourceLocation("pruning.yaml", 3, 5, 3, 6);

        Diagnostic refused = Should.Throw<DiagnosticException>(
            () => Build(Wanting(GgufElementType.Q8_0) with { Location = place })).Diagnostics.ShouldHaveSingleItem();

        refused.Code.ShouldBe("SLM2212");
        refused.Location.ShouldBe(place);
        Directory.Exists(Temp["models"]).ShouldBeFalse();
    }

    [Fact]
    public void Only_a_gguf_file_is_written_over()
    {
        string path = Temp["notes.gguf"];
        File.WriteAllText(path, "notes");

        Should.Throw<DiagnosticException>(() => ModelExport.Run(Model, path, null, null, null, None)).Diagnostics[0]
            .Descriptor
            .ShouldBe(PipelineDiagnostics.OutputNotOurs);
        Should.Throw<OperationCanceledException>(
            () => ModelExport.Run(Model, Temp["new.gguf"], null, null, null, new CancellationToken(canceled: true)));

        File.ReadAllText(path).ShouldBe("notes");
        Directory.EnumerateFiles(Temp.Path, "new*").ShouldBeEmpty();
    }

    private PruneRequest Calibrated(GgufElementType type) => Wanting(type) with
    {
        Settings = PruningSettings.For(PruningMethod.Wanda),
        Calibration = new CalibrationSource(
            new TextSource([Repository.Text("sample-calibration.txt")]),
            new CalibrationSettings { Samples = 4, SequenceLength = 64 },
            new SourceLocation("test")),
    };

    private PruneRequest Wanting(params GgufElementType?[] types) => Request() with { Gguf = types };

    private static string Failure(SmallBuild build, BuildCache cache) =>
        Should.Throw<DiagnosticException>(() => build.Run(cache, new BuildOptions { IsLocked = true })).Diagnostics
            .ShouldHaveSingleItem()
            .Message;

    private static void Rewrite(TempDirectory directory, string before, string after, string file = "pruning.yaml")
    {
        string text = File.ReadAllText(directory[file]);
        text.ShouldContain(before);
        File.WriteAllText(directory[file], text.Replace(before, after, StringComparison.Ordinal));
    }

    private sealed class Recorder(List<BuildProgress> seen) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => seen.Add(value);
    }
}
