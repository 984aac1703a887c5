using SparseLlm.Hub.Cache;

namespace SparseLlm.Hub.Tests;

/// <summary>What there is in the cache can be told.</summary>
public sealed class Inventories : HubTest
{
    [Fact]
    public void A_cache_that_is_not_there_is_empty() => HubInventory.Of(Cache).ShouldBe(new HubInventory(0, 0, 0));

    [Fact]
    public void What_commits_share_is_counted_once()
    {
        Server.AddDataset("acme/texts").Push(new Dictionary<string, byte[]> { ["a.gz"] = Bytes(1000, 1) });
        Pull();
        Pull(null, Address("hf://datasets/acme/texts/a.gz"));
        HubInventory before = HubInventory.Of(Cache);
        (before.Models, before.Datasets).ShouldBe((1, 1));
        before.Bytes.ShouldBeInRange(
            Files.Values.Sum(content => content.Length) + 1000,
            Files.Values.Sum(content => content.Length) + 3000);
        Files["more.txt"] = Bytes(10, 5);
        Repository.Push(Files);
        Pull();
        HubInventory.Of(Cache).Bytes.ShouldBeInRange(before.Bytes, before.Bytes + 2000);
    }
}
