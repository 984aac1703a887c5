using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>One project, built before each change and again after it.</summary>
public sealed class UpToDate(UpToDate.BuiltProject built) : IClassFixture<UpToDate.BuiltProject>
{
    private readonly TestProject project = built.Project;

    [Fact]
    public void A_second_build_starts_no_process()
    {
        int calls = project.Calls.Count;

        BuildResult result = project.Build().ShouldSucceed();

        result.Prunes.ShouldBe(0);
        project.Calls.Count.ShouldBe(calls);
    }

    [Theory]
    [InlineData("the recipe is edited")]
    [InlineData("a text is edited")]
    [InlineData("a text is replaced by an older one")]
    [InlineData("a text is added that a glob of the recipe matches")]
    [InlineData("a file of the model is deleted")]
    [InlineData("an output is deleted")]
    [InlineData("an output is edited")]
    [InlineData("the tool is another")]
    public void It_is_pruned_again_when(string change)
    {
        switch (change)
        {
            case "the recipe is edited": File.AppendAllText(project.PathOf("pruning.yaml"), "artifact: more\n"); break;
            case "a text is edited": File.AppendAllText(project.PathOf("data/a.txt"), "!"); break;
            case "a text is replaced by an older one":
                File.SetLastWriteTimeUtc(project.PathOf("data/a.txt"), new DateTime(2001, 2, 3)); break;
            case "a text is added that a glob of the recipe matches":
                project.Write("data/old.txt", "old");
                File.SetLastWriteTimeUtc(project.PathOf("data/old.txt"), new DateTime(2001, 2, 3));
                break;
            case "a file of the model is deleted":
                File.Delete(project.PathOf("model/vocab.json"));
                project.Prune().ShouldSucceed().Prunes.ShouldBe(1, change);
                project.Write("model/vocab.json", "{}");
                break;
            case "an output is deleted": File.Delete(project.PathOf("bin/Debug/net10.0/models/a/config.json")); break;
            case "an output is edited":
                File.AppendAllText(project.PathOf("bin/Debug/net10.0/models/a/config.json"), "!"); break;
            case "the tool is another":
                File.SetLastWriteTimeUtc(project.PathOf("tool/FakeTool.dll"), DateTime.UtcNow); break;
        }

        project.Prune().ShouldSucceed().Prunes.ShouldBe(1, change);
        project.FilesBelow("bin/Debug/net10.0/models").ShouldContain("a/config.json");
    }

    [Theory]
    [InlineData("-p:SparseLlmDevice=cpu")]
    [InlineData("-p:SparseLlmPrecision=fast")]
    [InlineData("-p:SparseLlmArtifacts=a")]
    [InlineData("-p:SparseLlmLocked=true")]
    public void It_is_pruned_again_with_another_property(string property)
    {
        project.Prune(property).ShouldSucceed().Prunes.ShouldBe(1);
        project.Prune().ShouldSucceed().Prunes.ShouldBe(1);
    }

    [Fact]
    public void It_is_left_alone_with_properties_that_cannot_change_what_stands_there() =>
        project.Prune("-p:SparseLlmCachePath=elsewhere", "-p:SparseLlmOnCacheMiss=error")
            .ShouldSucceed()
            .Prunes
            .ShouldBe(0);

    public sealed class BuiltProject
    {
        internal TestProject Project { get; } = Build();

        private static TestProject Build()
        {
            var project = new TestProject("Inputs");
            project.WithTool(project.PathOf("tool/FakeTool.dll"));
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(BuildOutput.FakeTool)!, "FakeTool.*"))
            {
                project.Copy(file, Path.Combine("tool", Path.GetFileName(file)));
            }

            project.Build().ShouldSucceed();
            return project;
        }
    }
}
