using SparseLlm.Diagnostics;

namespace SparseLlm.Hub.Tests;

/// <summary>Where nobody may be asked, the cache is all there is.</summary>
public sealed class Offline : HubTest
{
    private HubOptions Alone => Options() with { IsOffline = true };

    [Fact]
    public void What_is_in_the_cache_is_found_without_asking()
    {
        Pull();
        Server.ClearRequests();
        ShouldBeWhole(Pull(Alone));
        Server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("hf://acme/tiny", "the commit that 'main' stands for")]
    [InlineData(
        "hf://acme/tiny@1111111111111111111111111111111111111111",
        "commit 1111111111111111111111111111111111111111")]
    [InlineData(
        "hf://datasets/acme/texts/a.jsonl@1111111111111111111111111111111111111111",
        "'a.jsonl' of commit 1111111111111111111111111111111111111111")]
    public void What_is_not_there_is_named_with_how_to_get_it(string address, string what)
    {
        Diagnostic failure = Failure(() => Pull(Alone, Address(address)));
        failure.Code.ShouldBe("SLM6010");
        failure.Message.ShouldContain($"{what} is not in the hub's cache ({Cache}");
        failure.Message.ShouldContain("dotnet sparsellm pull");
        Server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        using HubClient client = Client();
        string commit = client.Resolve(Model, default);
        IReadOnlyList<HubFile> files = client.List(Model, commit, default);
        client.Download(Model, commit, [.. files.Where(file => file.Path == "config.json")], null, default);
        Diagnostic failure = Failure(() => Pull(Alone));
        failure.Code.ShouldBe("SLM6010");
        failure.Message.ShouldContain("with 2 more, of commit");
    }

    [Fact]
    public void Without_a_list_the_files_of_a_snapshot_are_the_list()
    {
        Pull();
        Directory.Delete(Path.Combine(Cache, "models--acme--tiny", "trees"), recursive: true);
        using HubClient client = Client(Alone);
        client.List(Model, client.Resolve(Model, default), default).Select(file => (file.Path, file.Size)).ShouldBe(
            Files.OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => (file.Key, (long)file.Value.Length)));
    }

    [Fact]
    public void A_main_that_has_moved_is_what_it_was()
    {
        string before = Repository.Main;
        Pull();
        Files["config.json"] = Bytes(601, 9);
        Repository.Push(Files);
        Pull(Alone).Directory.ShouldEndWith(before);
        Pull().Directory.ShouldEndWith(Repository.Main);
        Pull(Alone).Directory.ShouldEndWith(Repository.Main);
    }
}
