using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Locking;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Sources;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>A recipe names a model and a text of the hub.</summary>
public sealed class SourcesOfTheHub : BuildTest
{
    private const string Address = "hf://acme/tiny-opt";
    private const string TextAddress = "hf://datasets/acme/stories/calibration.txt";
    private const string Needed = "config.json";

    private readonly HubServer server = new();
    private readonly HubServerRepository model;
    private readonly HubServerRepository stories;
    private readonly List<BuildProgress> progress = [];

    public SourcesOfTheHub()
    {
        model = server.AddModel("acme/tiny-opt");
        model.Push(Files("A model."));
        stories = server.AddDataset("acme/stories");
        stories.Push(new Dictionary<string, byte[]>
        {
            ["calibration.txt"] = Encoding.UTF8
            .GetBytes(string.Concat(Enumerable.Repeat("It was a dark night and the wind was cold. ", 50)))
        });
    }

    private LockFile Lock => LockFile.Read(Temp["pruning.lock.json"])!;

    private ArtifactManifest Manifest => ArtifactManifest.TryRead(Output)!;

    public override void Dispose()
    {
        server.Dispose();
        base.Dispose();
    }

    [Fact]
    public void What_is_needed_is_said_and_fetched_and_locked_and_the_artifact_says_where_it_is_from()
    {
        Build().Single().Origin.ShouldBe(ArtifactOrigin.Pruned);

        string commit = model.Main;
        server.Requests
            .ShouldAllBe(request => !request.Path.Contains("reference") && !request.Path.Contains("pytorch_model"));
        DownloadStarted[] downloads = [.. progress.OfType<DownloadStarted>()];
        downloads.Select(download => (download.Source, download.Commit))
            .ShouldBe([(Address, commit), (TextAddress, stories.Main)]);
        downloads[0].Bytes
            .ShouldBe(Lock.Sources![Address].Files.Keys.Sum(file => (long)model.Commits[commit][file].Content.Length));

        Lock.Sources.Keys.ShouldBe([Address, TextAddress]);
        Lock.Sources[Address].Commit.ShouldBe(commit);
        Lock.Sources[Address].Files.Keys.ShouldContain("model.safetensors");
        Lock.Sources[TextAddress].Files.Values.Single().ShouldBe(Manifest.Calibration!.Files[0].Digest);
        Manifest.Inputs.Sources.ShouldBe(
            new Dictionary<string, string> { [Address] = commit, [TextAddress] = stories.Main },
            ignoreOrder: true);
        Manifest.Model.Name.ShouldBe("tiny-opt");
        Manifest.Model.Source.ShouldBe($"{Address}@{commit}");
        Manifest.Calibration.Files[0].Source.ShouldBe($"hf://datasets/acme/stories@{stories.Main}/calibration.txt");
        File.ReadAllText(Path.Combine(Output, "report.html")).ShouldContain($"{Address}@{commit}");
    }

    [Fact]
    public void The_hub_is_not_asked_again_and_nothing_is_needed_of_it_but_its_cache()
    {
        Build();
        server.ClearRequests();
        Build().Single().Origin.ShouldBe(ArtifactOrigin.UpToDate);
        Build(isLocked: true).Single().Origin.ShouldBe(ArtifactOrigin.UpToDate);
        server.Requests.ShouldBeEmpty();

        // Without a lock file, the branch is what it was when somebody asked last.
        File.Delete(Temp["pruning.lock.json"]);
        Build(isOffline: true).Single().Origin.ShouldBe(ArtifactOrigin.UpToDate);
        server.Requests.ShouldBeEmpty();

        Directory.Delete(Temp["hub"], recursive: true);
        Build(isLocked: true).Single().Origin.ShouldBe(ArtifactOrigin.UpToDate);
        server.Requests.ShouldNotContain(
            request => request.Path.Contains("/revision/"),
            "what is locked is fetched by its commit");
    }

    [Fact]
    public void What_is_locked_holds_until_the_lock_file_is_moved()
    {
        Build();
        string before = model.Main;
        string after = model.Push(Files("Another card."));
        (string was, string now) = (HubAddress.Short(before), HubAddress.Short(after));

        Build().Single().Origin.ShouldBe(ArtifactOrigin.UpToDate);
        Lock.Sources![Address].Commit.ShouldBe(before);

        SourceMove move = Moves().Single(move => move.HasMoved);
        move.ToString().ShouldBe($"{Address}: the hub's main moved from {was} to {now}");
        SourceMove.Lock(Read(), [move]);

        // The weights are the same, so that no layer is pruned again; the artifact is another one all the same, which
        // says where it is from.
        using (SourceFetcher hub = Hub())
        {
            Read().Fetch(Lock, hub, CancellationToken.None);
        }

        Changes().ShouldBe([$"{Address}: the hub's main moved: {was} -> {now}"]);
        progress.Clear();
        Build().Single().Origin.ShouldBe(ArtifactOrigin.Pruned);
        progress.OfType<PruningStep>().ShouldAllBe(step => step.Progress is Pruning.Results.LayerRestored);
        Manifest.Model.Source.ShouldBe($"{Address}@{after}");
        Moves().ShouldAllBe(each => !each.HasMoved);
    }

    [Fact]
    public void A_locked_build_takes_nothing_that_is_not_in_its_lock_file()
    {
        Error(isLocked: true).ShouldContain(
            $"pruning.yaml(2,8,2,26): error SLM4010: the lock file does not say which commit {Address} stands for");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_is_not_the_one_that_is_locked_for_its_commit_is_damaged_and_nothing_is_made_of_it(
        bool isLocked)
    {
        Build();
        string before = File.ReadAllText(Temp["pruning.lock.json"]);
        string file = Path.Combine(
            Temp["hub"],
            "datasets--acme--stories",
            "snapshots",
            stories.Main,
            "calibration.txt");
        File.AppendAllText(file, "And then it was day.");
        string blob = SparseLlm.Files.ResolvedPath.Of(file);
        Error(isLocked).ShouldEndWith(
            $"error SLM6011: {TextAddress} at {HubAddress.Short(stories.Main)}: 'calibration.txt' is not the file that "
            + $"the lock file has for this commit; "
            + $"delete '{blob}', and the next build downloads it again, or correct the lock file");
        File.ReadAllText(Temp["pruning.lock.json"]).ShouldBe(before);

        File.Delete(blob);
        Build(isLocked).Single().Origin.ShouldBe(ArtifactOrigin.UpToDate);
    }

    [Fact]
    public void A_commit_that_the_hub_no_longer_has_is_told_from_a_branch_that_it_never_had()
    {
        Build();
        string gone = new('1', 40);
        File.WriteAllText(
            Temp["pruning.lock.json"],
            File.ReadAllText(Temp["pruning.lock.json"]).Replace(model.Main, gone));
        Error().ShouldContain($"error SLM6005: {Address}: the hub has no commit {gone} any more, which the lock file "
            + $"has for it; 'dotnet sparsellm update' moves the lock file");
    }

    [Fact]
    public void What_is_not_in_the_cache_is_named_with_what_to_do_and_a_plan_downloads_nothing()
    {
        Error(
            isOffline: true).ShouldContain($"pruning.yaml(2,8,2,26): error SLM6010: {Address}: the commit that 'main' "
                + $"stands for is not in the hub's cache ({Path.Combine(Temp["hub"], "models--acme--tiny-opt")})");
        Build();
        File.Delete(Path.Combine(Temp["hub"], "models--acme--tiny-opt", "snapshots", model.Main, Needed));
        Error(isOffline: true).ShouldContain(
            $"error SLM6010: {Address}: '{Needed}' of commit {model.Main} is not in the hub's cache");
    }

    [Fact]
    public void What_another_program_has_left_of_a_model_is_completed_as_soon_as_the_hub_may_be_asked()
    {
        Build();
        string repository = Path.Combine(Temp["hub"], "models--acme--tiny-opt");
        Directory.Delete(Path.Combine(repository, "trees"), recursive: true);
        File.Delete(Path.Combine(repository, "snapshots", model.Main, "generation_config.json"));
        File.Delete(Temp["pruning.lock.json"]);
        Build(isOffline: true);
        Lock.Sources![Address].Files.ShouldBeEmpty();
        Build();
        Lock.Sources![Address].Files.Keys.ShouldContain("generation_config.json");
        File.Exists(Path.Combine(Output, "generation_config.json")).ShouldBeTrue();
    }

    [Fact]
    public void A_repository_without_weights_that_are_read_says_what_it_has()
    {
        server.AddModel("acme/tiny-GGUF")
            .Push(new Dictionary<string, byte[]> { ["tiny-Q8_0.gguf"] = [1, 2, 3], ["README.md"] = [1] });
        using SourceFetcher hub = Hub();
        Should.Throw<DiagnosticException>(
            () => hub.Fetch(HubAddress.Parse("hf://acme/tiny-GGUF", RepositoryKind.Model), null,
                CancellationToken.None))
            .Diagnostics.Single().ToString().ShouldContain(
                "error SLM2001: hf://acme/tiny-GGUF has none of model.safetensors, ");
    }

    [Fact]
    public void Of_several_forms_of_the_same_weights_one_is_needed()
    {
        HubFile[] files = [.. new[]
        {
            Needed, "tokenizer.json", "LICENSE", "README.md", "chat_template.jinja", "modeling_x.py",
            "model.safetensors", "pytorch_model.bin", "tf_model.h5",
            "flax_model.msgpack", "onnx/model.onnx", "original/consolidated.00.pth", "consolidated.safetensors",
            "assets/picture.png", "additional_chat_templates/tools.jinja",
        }.Select(path => new HubFile(path, 1, "", false))];
        NeededFiles.Index(files).ShouldBeEmpty();
        NeededFiles.BesideWeights(files).Concat(NeededFiles.Weights(files, Temp.Path)).Select(file => file.Path)
            .ShouldBe(
                [Needed, "tokenizer.json", "LICENSE", "README.md", "chat_template.jinja", "modeling_x.py",
                    "additional_chat_templates/tools.jinja", "model.safetensors"]);
    }

    /// <summary>The files of a model as a repository has them: with a card, and the weights in another form
    /// too.</summary>
    private Dictionary<string, byte[]> Files(string card)
    {
        Dictionary<string, byte[]> files = Directory.EnumerateFiles(Model)
            .ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        files.Add("README.md", Encoding.UTF8.GetBytes(card));
        files.Add("pytorch_model.bin", [1, 2, 3]);
        return files;
    }

    private IReadOnlyList<ArtifactOutcome> Build(bool isLocked = false, bool isOffline = false)
    {
        Recipe recipe = Fetched(isLocked, isOffline);
        using var engine = new LocalEngine(new CpuBackend());
        return new RecipeBuild(recipe, Temp["models"], engine, Open(), new Recorded(progress)).Run(
            new BuildOptions { IsLocked = isLocked },
            CancellationToken.None);
    }

    private string Error(bool isLocked = false, bool isOffline = false) =>
        Should.Throw<DiagnosticException>(() => Build(isLocked, isOffline)).Diagnostics[0].ToString();

    private IEnumerable<string> Changes()
    {
        using var backend = new CpuBackend();
        var plan = new RecipePlan(Fetched(isOffline: true), Temp["models"], backend.NumericsClass, Open());
        return plan.Changes(plan.Plan([]).Single())!.Value.Changes.Select(change => change.ToString());
    }

    private IReadOnlyList<SourceMove> Moves()
    {
        using SourceFetcher hub = Hub();
        return SourceMove.Find(Read(), hub, CancellationToken.None);
    }

    private Recipe Fetched(bool isLocked = false, bool isOffline = false)
    {
        using SourceFetcher hub = Hub(isLocked, isOffline);
        return Read().Fetch(LockFile.Read(Temp["pruning.lock.json"]), hub, CancellationToken.None);
    }

    private SourceFetcher Hub(bool isLocked = false, bool isOffline = false) =>
        new(
            new HubOptions { CacheDirectory = Temp["hub"], Endpoint = server.Endpoint, IsOffline = isOffline },
            Warn,
            new Recorded(progress))
        { IsLocked = isLocked };

    private Recipe Read()
    {
        File.WriteAllText(Temp["pruning.yaml"], $$"""
            version: 1
            model: {{Address}}
            calibration: { text: "{{TextAddress}}", samples: 4, sequenceLength: 16 }
            artifacts:
              a: { method: wanda, sparsity: 0.5 }
            """);
        return RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
    }

    private sealed class Recorded(List<BuildProgress> values) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            lock (values)
            {
                values.Add(value);
            }
        }
    }
}
