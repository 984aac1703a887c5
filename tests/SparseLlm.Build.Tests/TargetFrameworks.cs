using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class TargetFrameworks
{
    private static readonly string[] ModelFiles = ["a/config.json", "a/model.safetensors"];

    [Fact]
    public void Two_target_frameworks_prune_once_and_each_gets_the_models()
    {
        var project = new TestProject("TwoFrameworks");

        project.Build("-m:2").ShouldSucceed().Prunes.ShouldBe(1);

        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(ModelFiles);
        project.FilesBelow("bin/Debug/net10.0-windows/models").ShouldBe(ModelFiles);

        project.Build().ShouldSucceed().Prunes.ShouldBe(0);

        project.Run("clean").ShouldSucceed();
        project.FilesBelow("bin").ShouldNotContain(file => file.Contains("models/"));
        Directory.Exists(project.PathOf("obj/Debug/sparsellm")).ShouldBeFalse();
    }

    [Fact]
    public void One_of_two_target_frameworks_can_be_published_alone()
    {
        var project = new TestProject("TwoFrameworks");

        project.Run("publish", "--no-restore", "--framework", "net10.0", "--output", "out").ShouldSucceed();

        project.FilesBelow("out/models").ShouldBe(ModelFiles);
        project.Calls.Count.ShouldBe(1);
    }
}
