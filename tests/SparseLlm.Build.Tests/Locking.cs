using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Locking
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    [Fact]
    public void A_build_server_locks_a_recipe_that_has_a_lock_file_and_no_other()
    {
        var project = new TestProject(
            feed,
            more: "<PropertyGroup><ContinuousIntegrationBuild>true</ContinuousIntegrationBuild></PropertyGroup>")
            .Write("pruning.yaml", "artifact: a");

        project.Build().ShouldSucceed();
        project.Calls[^1].ShouldNotContain("--locked");
        File.Exists(project.PathOf("pruning.lock.json")).ShouldBeTrue();
        project.Build("--no-restore").ShouldSucceed().Prunes.ShouldBe(0, "the lock is what the first build made");

        project.Write("pruning.lock.json", "another").Build("--no-restore").ShouldSucceed();
        project.Calls[^1].ShouldContain("--locked");
        project.Build("--no-restore").ShouldSucceed().Prunes.ShouldBe(0);

        project.Build("--no-restore", "-p:SparseLlmLocked=false").ShouldSucceed();
        project.Calls.Count.ShouldBe(3);
        project.Calls[^1].ShouldNotContain("--locked");
    }
}
