using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Locking
{
    [Fact]
    public void A_build_server_locks_a_recipe_that_has_a_lock_file_and_no_other()
    {
        const string buildServer = "-p:ContinuousIntegrationBuild=true";
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        project.Build(buildServer).ShouldSucceed();
        project.Calls[^1].ShouldNotContain("--locked");
        File.Exists(project.PathOf("pruning.lock.json")).ShouldBeTrue();
        project.Build(buildServer).ShouldSucceed().Prunes.ShouldBe(0, "the lock is what the first build made");

        project.Write("pruning.lock.json", "another").Build(buildServer).ShouldSucceed();
        project.Calls[^1].ShouldContain("--locked");
        project.Build(buildServer).ShouldSucceed().Prunes.ShouldBe(0);

        project.Build(buildServer, "-p:SparseLlmLocked=false").ShouldSucceed();
        project.Calls.Count.ShouldBe(3);
        project.Calls[^1].ShouldNotContain("--locked");
    }
}
