using System.IO.Compression;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Outputs
{
    private static readonly string[] ModelFiles = ["a/config.json", "a/model.safetensors"];

    [Fact]
    public void Clean_removes_the_models_and_the_next_build_makes_them_again()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");
        project.Build().ShouldSucceed();
        project.Build().ShouldSucceed().Prunes.ShouldBe(0);
        foreach (string file in ModelFiles)
        {
            File.ReadAllLines(project.PathOf("obj/Debug/net10.0/Models.csproj.FileListAbsolute.txt"))
                .ShouldContain(
                    project.PathOf("bin/Debug/net10.0/models/" + file),
                    "or it would be deleted as a leftover");
        }

        project.Run("clean").ShouldSucceed();
        Directory.Exists(project.PathOf("bin/Debug/net10.0/models/a")).ShouldBeFalse();
        Directory.Exists(project.PathOf("obj/Debug/net10.0/sparsellm")).ShouldBeFalse();

        project.Build("-t:Rebuild").ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(ModelFiles);
    }

    [Fact]
    public void What_stands_beside_the_models_is_cleaned_and_not_published_and_files_of_others_stay()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a\nsummary: summary.html");
        project.Build().ShouldSucceed();
        project.Build().ShouldSucceed().Prunes.ShouldBe(0);
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe([.. ModelFiles, "summary.html"]);
        project.Run("publish", "--no-restore", "--output", "published", "-c", "Debug").ShouldSucceed();
        project.FilesBelow("published/models").ShouldBe(ModelFiles);
        project.Write("bin/Debug/net10.0/models/notes.txt", "of a user");
        project.Write("bin/Debug/net10.0/models/a/Modelfile", "of a user");

        project.Run("clean").ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/Modelfile", "notes.txt"], ignoreOrder: true);
    }

    [Fact]
    public void What_a_failed_run_has_written_leaves_with_the_next_good_one_or_with_clean()
    {
        const string missed = "artifact: old\nsummary: summary.html\nmiss: pruning.yaml(1,1): error SLM4003: missed";
        TestProject project = new TestProject().Write("pruning.yaml", missed);
        project.Build().ShouldFail();
        project.Write("bin/Debug/net10.0/models/old/notes.txt", "of a user");
        project.Write("pruning.yaml", missed.Replace("old", "older")).Build("-t:SparseLlmPrune")
            .ShouldFail();

        project.Write("pruning.yaml", "artifact: a").Build().ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe([.. ModelFiles, "old/notes.txt"]);
        Directory.Exists(project.PathOf("bin/Debug/net10.0/models/older")).ShouldBeFalse();

        project.Write("pruning.yaml", missed).Build("-t:SparseLlmPrune").ShouldFail();
        project.Write("pruning.yaml", missed.Replace("old", "older")).Build("-t:SparseLlmPrune")
            .ShouldFail();
        project.Run("clean").ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["old/notes.txt"]);
        Directory.GetDirectories(project.PathOf("bin/Debug/net10.0/models")).Length.ShouldBe(1, "empty folders go too");
    }

    [SkippableFact]
    public void An_artifacts_folder_that_is_a_link_stays_one_when_it_is_cleaned()
    {
        Skip.If(OperatingSystem.IsWindows(), "links take rights there");
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");
        Directory.CreateDirectory(project.PathOf("disk"));
        Directory.CreateDirectory(project.PathOf("bin/Debug/net10.0/models"));
        string link = project.PathOf("bin/Debug/net10.0/models/a");
        Directory.CreateSymbolicLink(link, project.PathOf("disk"));
        project.Build().ShouldSucceed();
        project.FilesBelow("disk").ShouldNotBeEmpty();
        project.Run("clean").ShouldSucceed();
        project.FilesBelow("disk").ShouldBeEmpty();
        new DirectoryInfo(link).LinkTarget.ShouldNotBeNull();
    }

    [Fact]
    public void Publish_carries_the_models_with_and_without_a_build()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        project.Run("publish", "--no-restore", "--output", "first").ShouldSucceed();
        project.Run("publish", "--no-restore", "--output", "second", "--no-build").ShouldSucceed().Prunes.ShouldBe(0);

        project.FilesBelow("first/models").ShouldBe(ModelFiles);
        project.FilesBelow("second/models").ShouldBe(ModelFiles);
        project.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void A_project_that_refers_to_the_pruning_one_gets_the_models_and_their_changes()
    {
        var both = new TestProject("Referring");
        TestProject models = both.Below("Models");
        TestProject app = both.Below("App");
        app.Build().ShouldSucceed();
        string before = File.ReadAllText(app.PathOf("bin/Debug/net10.0/models/a/config.json"));

        models.Write("pruning.yaml", "artifact: a\ninput: pruning.yaml");
        app.Build().ShouldSucceed();

        app.FilesBelow("bin/Debug/net10.0/models").ShouldBe(ModelFiles);
        File.ReadAllText(app.PathOf("bin/Debug/net10.0/models/a/config.json")).ShouldNotBe(before);
    }

    [Fact]
    public void Two_projects_do_not_bring_models_of_one_name_to_a_third_unless_each_has_a_folder()
    {
        var three = new TestProject("Meeting");
        TestProject left = three.Below("Left");
        TestProject right = three.Below("Right");
        TestProject app = three.Below("App");
        app.Build().ShouldSucceed();

        right.Write("pruning.yaml", File.ReadAllText(left.PathOf("pruning.yaml")));
        string[] found = [left.PathOf("bin/Debug/net10.0/models/a/"), right.PathOf("bin/Debug/net10.0/models/a/")];
        BuildResult refused = app.Run("publish", "--no-restore", "-c", "Debug").ShouldFail();
        found.ShouldAllBe(path => refused.Output.Contains(path));
        refused.Output.ShouldContain("error SLM5108: Several models would be copied over each other, to the folder of "
            + "'models/a/pruning.json' in the output: ");
        refused.Output.ShouldNotContain("NETSDK1152");

        right.Write("Directory.Build.props",
            "<Project><PropertyGroup><SparseLlmModelsFolder>models/right</SparseLlmModelsFolder></PropertyGroup></Project>");
        app.Run("publish", "--no-restore", "-c", "Debug", "--output", "published").ShouldSucceed();
        app.FilesBelow("published/models").ShouldBe(
            [.. ModelFiles, "a/pruning.json", "right/a/config.json", "right/a/model.safetensors",
                "right/a/pruning.json"], ignoreOrder: true);
        right.FilesBelow("bin/Debug/net10.0/models").ShouldNotContain("b/config.json");
    }

    [Theory]
    [InlineData("true", new[] { "a/config.json", "a/model.safetensors", "ab/config.json", "ab/model.safetensors" })]
    [InlineData("a", new[] { "a/config.json", "a/model.safetensors" })]
    [InlineData("false", new string[0])]
    public void Pack_takes_the_models_along_that_are_asked_for(string asked, string[] expected)
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a\nartifact: ab\nsummary: summary.html");

        project.Run("pack", "--no-restore", "--output", "package", "-p:SparseLlmPack=" + asked).ShouldSucceed();

        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(project.PathOf("package")).Single());
        package.Entries.Select(entry => entry.FullName).Where(name => name.Contains("models")).Order()
            .ShouldBe(expected.Select(file => "contentFiles/any/any/models/" + file));
    }

    [Fact]
    public void Pack_does_not_take_along_what_is_not_made()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        project.Run("pack", "--no-restore", "-p:SparseLlmPack=a%3Bmodels").ShouldFail().Output.ShouldContain(
            "error SLM5103: SparseLlmPack is 'a;models'. It can be 'true', 'false', or names of artifacts");
    }
}
