using SparseLlm.Hub.Cache;

namespace SparseLlm.Hub.Tests;

/// <summary>Files of the hub get into its cache, and are found there.</summary>
public sealed class Pulling : HubTest
{
    private string Root => Path.Combine(Cache, "models--acme--tiny");

    private HubServerFile FileOf(string path) => Repository.Commits[Repository.Main][path];

    [Fact]
    public void A_model_comes_whole_and_lies_as_the_tools_of_the_hub_lay_it()
    {
        HubSnapshot snapshot = Pull();
        ShouldBeWhole(snapshot);
        snapshot.Directory.ShouldBe(Path.Combine(Root, "snapshots", Repository.Main));
        File.ReadAllText(Path.Combine(Root, "refs", "main")).ShouldBe(Repository.Main);
        Directory.GetFiles(Path.Combine(Root, "blobs")).Select(Path.GetFileName)
            .ShouldBe(Files.Keys.Select(path => FileOf(path).Id), ignoreOrder: true);
        new FileInfo(snapshot.PathOf("model.safetensors")).LinkTarget
            .ShouldBe($"../../blobs/{FileOf("model.safetensors").Id}");
        new FileInfo(snapshot.PathOf("tokenizer/vocab.json")).LinkTarget
            .ShouldBe($"../../../blobs/{FileOf("tokenizer/vocab.json").Id}");
        File.Exists(Path.Combine(Cache, ".locks", "models--acme--tiny", $"{FileOf("config.json").Id}.lock"))
            .ShouldBeTrue();
        File.ReadAllText(Path.Combine(Cache, "CACHEDIR.TAG"))
            .ShouldStartWith("Signature: 8a477f597d28d172789f06886806bc55");
        Notices.ShouldBeEmpty();
    }

    [SkippableFact]
    public void Users_of_one_group_may_share_a_cache()
    {
        Pull();
        foreach (string path in Directory.GetFiles(Path.Combine(Cache, ".locks", "models--acme--tiny")))
        {
            UnixFileMode mode = OperatingSystem.IsWindows()
                ? throw new SkipException("Windows has no groups of this kind")
                : File.GetUnixFileMode(path);
            mode.HasFlag(UnixFileMode.GroupRead | UnixFileMode.GroupWrite).ShouldBeTrue();
        }
    }

    [Fact]
    public void What_is_there_is_not_asked_for_again()
    {
        Pull();
        Server.ClearRequests();
        ShouldBeWhole(Pull());
        Server.Requests.Select(request => request.Path).ShouldBe(["/api/models/acme/tiny/revision/main"]);
    }

    [Fact]
    public void A_commit_that_is_written_is_never_asked_for_once_it_is_there()
    {
        HubAddress pinned = Model with { Revision = Repository.Main };
        Pull(null, pinned);
        Server.Requests.ShouldNotContain(request => request.Path.Contains("/revision/"));
        Directory.Exists(Path.Combine(Root, "refs")).ShouldBeFalse();
        Server.ClearRequests();
        ShouldBeWhole(Pull(null, pinned));
        Server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void Of_a_new_commit_only_what_has_changed_is_brought()
    {
        string before = Repository.Main;
        Pull();
        Server.ClearRequests();
        Files["config.json"] = Bytes(601, 9);
        Repository.Push(Files);
        HubSnapshot after = Pull();
        ShouldBeWhole(after);
        after.Directory.ShouldEndWith(Repository.Main);
        Server.Requests.ShouldNotContain(request => request.IsCdn);
        using HubClient client = Client();
        client.Snapshot(Model, before).Files.Count.ShouldBe(Files.Count);
    }

    [Fact]
    public void Only_the_files_that_are_wanted_are_brought()
    {
        using HubClient client = Client();
        string commit = client.Resolve(Model, default);
        client.Download(Model, commit, [.. client.List(Model, commit, default)
            .Where(file => file.Path.EndsWith(".json", StringComparison.Ordinal))], null, default);
        client.Snapshot(Model, commit).Files.ShouldBe(["config.json", "tokenizer/vocab.json"]);
        client.Snapshot(Model, commit).Contains("model.safetensors").ShouldBeFalse();
        Server.Requests.ShouldNotContain(request => request.IsCdn);
    }

    [Fact]
    public void A_large_file_comes_in_parts()
    {
        Pull();
        Server.Requests.Where(request => request.IsCdn).Select(request => request.Headers["Range"]).Order().ShouldBe(
            ["bytes=0-39999", "bytes=120000-159999", "bytes=160000-199999", "bytes=200000-201233", "bytes=40000-79999",
                "bytes=80000-119999"]);
    }

    [Fact]
    public async Task Parts_come_side_by_side()
    {
        // None is answered before four have been asked for.
        int count = 0;
        var four = new TaskCompletionSource();
        Server.Before = request =>
        {
            if (request.IsCdn && Interlocked.Increment(ref count) == 4)
            {
                four.SetResult();
            }

            return request.IsCdn ? four.Task : Task.CompletedTask;
        };
        await Task.Run(() => ShouldBeWhole(Pull())).WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_server_that_gives_no_parts_gives_the_whole()
    {
        Server.ServesParts = false;
        ShouldBeWhole(Pull());
    }

    [Fact]
    public void Branches_tags_and_references_have_their_commits()
    {
        string commit = Repository.Push(new Dictionary<string, byte[]> { ["config.json"] = Bytes(10, 1) }, "refs/pr/1");
        Repository.Refs["feature/fast"] = commit;
        foreach (string address in (string[])["hf://acme/tiny@refs/pr/1", "hf://acme/tiny@feature%2Ffast"])
        {
            Pull(null, Address(address)).Directory.ShouldEndWith(commit);
        }

        File.ReadAllText(Path.Combine(Root, "refs", "refs", "pr", "1")).ShouldBe(commit);
        File.ReadAllText(Path.Combine(Root, "refs", "feature", "fast")).ShouldBe(commit);
    }

    [Fact]
    public void A_list_may_have_many_pages()
    {
        Server.PageLength = 2;
        ShouldBeWhole(Pull());
        Server.Requests.Count(request => request.Path.Contains("/tree/")).ShouldBe(3);
    }

    [Fact]
    public void A_model_without_an_owner_is_found()
    {
        Server.AddModel("gpt2").Push(Files);
        ShouldBeWhole(Pull(null, Address("hf://gpt2")));
        Directory.Exists(Path.Combine(Cache, "models--gpt2")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("en/train.00.jsonl.gz", "en/train.00.jsonl.gz")]
    [InlineData("en/*.gz", "en/train.00.jsonl.gz en/train.01.jsonl.gz")]
    [InlineData("**/*.gz", "de/train.00.jsonl.gz en/deep/x.gz en/train.00.jsonl.gz en/train.01.jsonl.gz")]
    [InlineData("en/**", "en/deep/x.gz en/train.00.jsonl.gz en/train.01.jsonl.gz")]
    [InlineData("*", "README with space.md")]
    [InlineData("README with space.md", "README with space.md")]
    public void Of_a_data_set_the_files_that_are_named_are_brought(string path, string files)
    {
        Server.AddDataset("acme/texts").Push(new Dictionary<string, byte[]>
        {
            ["en/train.00.jsonl.gz"] = Bytes(100, 1),
            ["en/train.01.jsonl.gz"] = Bytes(100, 2),
            ["en/deep/x.gz"] = Bytes(9, 7),
            ["de/train.00.jsonl.gz"] = Bytes(100, 3),
            ["README with space.md"] = Bytes(10, 4),
        });
        HubSnapshot snapshot = Pull(null, Address($"hf://datasets/acme/texts/{path}"));
        snapshot.Files.ShouldBe(files.Contains("README") ? [files] : files.Split(' '));
        snapshot.Directory.ShouldStartWith(Path.Combine(Cache, "datasets--acme--texts"));
    }

    [Fact]
    public void A_file_of_a_pinned_data_set_is_not_asked_for_again()
    {
        string commit = Server.AddDataset("acme/texts")
            .Push(new Dictionary<string, byte[]> { ["en/a.gz"] = Bytes(100, 1), ["de/a.gz"] = Bytes(100, 2) });
        HubAddress address = Address($"hf://datasets/acme/texts/en/a.gz@{commit}");
        Pull(null, address);
        Server.ClearRequests();
        Pull(null, address).Files.ShouldBe(["en/a.gz"]);
        Server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void Progress_counts_all_files_together_up_to_the_end()
    {
        var steps = new Steps();
        using HubClient client = Client();
        Pull(client, progress: steps);
        long total = Files.Values.Sum(content => (long)content.Length);
        steps.All.ShouldAllBe(step => step.Total == total && step.Done >= 0 && step.Done <= total);
        steps.All.Select(step => step.Done).ShouldBe(steps.All.Select(step => step.Done).Order());
        steps.All[^1].Done.ShouldBe(total);
        steps.All.Select(step => step.File).Distinct().ShouldBe(Files.Keys, ignoreOrder: true);
    }

    [Fact]
    public void What_a_download_will_bring_is_known_before()
    {
        using HubClient client = Client();
        string commit = client.Resolve(Model, default);
        IReadOnlyList<HubFile> files = client.List(Model, commit, default);
        client.Missing(Model, commit, files).ShouldBe(Files.Values.Sum(content => (long)content.Length));
        Directory.Exists(Path.Combine(Root, "blobs")).ShouldBeFalse();
        client.Download(Model, commit, files, null, default);
        client.Missing(Model, commit, files).ShouldBe(0);
    }

    [Fact]
    public void Without_links_the_files_themselves_lie_in_the_snapshot()
    {
        HubOptions options = Options() with { UsesLinks = false };
        HubSnapshot snapshot = Pull(options);
        ShouldBeWhole(snapshot);
        new FileInfo(snapshot.PathOf("model.safetensors")).LinkTarget.ShouldBeNull();
        Directory.GetFiles(Path.Combine(Root, "blobs")).ShouldBeEmpty();
        Server.ClearRequests();
        Pull(options);
        Server.Requests.ShouldNotContain(request => request.IsContent);
    }

    [Fact]
    public void Without_links_a_content_that_others_use_is_copied()
    {
        Pull();
        Files["more.txt"] = Bytes(5, 5);
        Repository.Push(Files);
        HubSnapshot snapshot = Pull(Options() with { UsesLinks = false });
        ShouldBeWhole(snapshot);
        new FileInfo(snapshot.PathOf("model.safetensors")).LinkTarget.ShouldBeNull();
        File.Exists(Path.Combine(Root, "blobs", FileOf("model.safetensors").Id)).ShouldBeTrue();
    }

    [Fact]
    public void A_link_that_leads_nowhere_and_a_content_of_another_length_are_not_there()
    {
        HubSnapshot snapshot = Pull();
        File.Delete(Path.Combine(Root, "blobs", FileOf("config.json").Id));
        File.WriteAllText(Path.Combine(Root, "blobs", FileOf("model.safetensors").Id), "half");
        snapshot.Files.ShouldNotContain("config.json");
        ShouldBeWhole(Pull());
    }

    private sealed class Steps : IProgress<HubProgress>
    {
        public List<HubProgress> All { get; } = [];

        public void Report(HubProgress value) => All.Add(value);
    }
}
