using System.IO.Compression;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Outputs
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    private static readonly string[] ModelFiles = ["a/config.json", "a/model.safetensors"];

    [Fact]
    public void Clean_removes_the_models_and_the_next_build_makes_them_again()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a");
        project.Build().ShouldSucceed();
        project.Build("--no-restore").ShouldSucceed().Prunes.ShouldBe(0);
        foreach (string file in ModelFiles)
            File.ReadAllLines(project.PathOf("obj/Debug/net10.0/Models.csproj.FileListAbsolute.txt"))
                .ShouldContain(
                    project.PathOf("bin/Debug/net10.0/models/" + file),
                    "or it would be deleted as a leftover");

        project.Run("clean").ShouldSucceed();
        Directory.Exists(project.PathOf("bin/Debug/net10.0/models/a")).ShouldBeFalse();
        Directory.Exists(project.PathOf("obj/Debug/net10.0/sparsellm")).ShouldBeFalse();

        project.Build("--no-restore", "-t:Rebuild").ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(ModelFiles);
    }

    [Fact]
    public void What_stands_beside_the_models_is_cleaned_and_not_published_and_files_of_others_stay()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a\nsummary: summary.html");
        project.Build().ShouldSucceed();
        project.Build("--no-restore").ShouldSucceed().Prunes.ShouldBe(0);
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe([.. ModelFiles, "summary.html"]);
        project.Run("publish", "--output", "published", "-c", "Debug").ShouldSucceed();
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
        var project = new TestProject(feed).Write("pruning.yaml", missed);
        project.Build().ShouldFail();
        project.Write("bin/Debug/net10.0/models/old/notes.txt", "of a user");
        project.Write("pruning.yaml", missed.Replace("old", "older")).Build("--no-restore", "-t:SparseLlmPrune")
            .ShouldFail();

        project.Write("pruning.yaml", "artifact: a").Build("--no-restore").ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe([.. ModelFiles, "old/notes.txt"]);
        Directory.Exists(project.PathOf("bin/Debug/net10.0/models/older")).ShouldBeFalse();

        project.Write("pruning.yaml", missed).Build("--no-restore", "-t:SparseLlmPrune").ShouldFail();
        project.Write("pruning.yaml", missed.Replace("old", "older")).Build("--no-restore", "-t:SparseLlmPrune")
            .ShouldFail();
        project.Run("clean").ShouldSucceed();
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["old/notes.txt"]);
        Directory.GetDirectories(project.PathOf("bin/Debug/net10.0/models")).Length.ShouldBe(1, "empty folders go too");
    }

    [SkippableFact]
    public void An_artifacts_folder_that_is_a_link_stays_one_when_it_is_cleaned()
    {
        Skip.If(OperatingSystem.IsWindows(), "links take rights there");
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a");
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
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a");

        project.Run("publish", "--output", "first").ShouldSucceed();
        project.Run("publish", "--output", "second", "--no-build").ShouldSucceed().Prunes.ShouldBe(0);

        project.FilesBelow("first/models").ShouldBe(ModelFiles);
        project.FilesBelow("second/models").ShouldBe(ModelFiles);
        project.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void A_project_that_refers_to_the_pruning_one_gets_the_models_and_their_changes()
    {
        string solution = feed.NewDirectory();
        var models = new TestProject(feed, parent: solution, name: "Models").Write("pruning.yaml", "artifact: a");
        var app = new TestProject(
            feed, parent: solution, name: "App", more: """<ItemGroup><ProjectReference Include="../Models/Models.csproj" /></ItemGroup>""");
        app.Build().ShouldSucceed();
        string before = File.ReadAllText(app.PathOf("bin/Debug/net10.0/models/a/config.json"));

        models.Write("pruning.yaml", "artifact: a\ninput: pruning.yaml");
        app.Build("--no-restore").ShouldSucceed();

        app.FilesBelow("bin/Debug/net10.0/models").ShouldBe(ModelFiles);
        File.ReadAllText(app.PathOf("bin/Debug/net10.0/models/a/config.json")).ShouldNotBe(before);
    }

    [Fact]
    public void Two_projects_do_not_bring_models_of_one_name_to_a_third_unless_each_has_a_folder()
    {
        string solution = feed.NewDirectory();
        const string recipe = "artifact: a\nfile: pruning.json";
        var left = new TestProject(feed, parent: solution, name: "Left").Write("pruning.yaml", recipe);
        var right = new TestProject(feed, parent: solution, name: "Right", more: References("Left")).Write(
            "pruning.yaml",
            "artifact: b\nfile: pruning.json");
        var app = new TestProject(feed, parent: solution, name: "App", more: References("Left", "Right"));
        app.Build().ShouldSucceed();

        right.Write("pruning.yaml", recipe);
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

        static string References(params string[] names) =>
            $"<ItemGroup>{string.Concat(names.Select(name => $"""<ProjectReference Include="../{name}/{name}.csproj" />"""))}</ItemGroup>";
    }

    [Theory]
    [InlineData("true", new[] { "a/config.json", "a/model.safetensors", "ab/config.json", "ab/model.safetensors" })]
    [InlineData("a", new[] { "a/config.json", "a/model.safetensors" })]
    [InlineData("false", new string[0])]
    public void Pack_takes_the_models_along_that_are_asked_for(string asked, string[] expected)
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a\nartifact: ab\nsummary: summary.html");

        project.Run("pack", "--output", "package", "-p:SparseLlmPack=" + asked).ShouldSucceed();

        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(project.PathOf("package")).Single());
        package.Entries.Select(entry => entry.FullName).Where(name => name.Contains("models")).Order()
            .ShouldBe(expected.Select(file => "contentFiles/any/any/models/" + file));
    }

    [Fact]
    public void Pack_does_not_take_along_what_is_not_made()
    {
        var project = new TestProject(feed).Write("pruning.yaml", "artifact: a");

        project.Run("pack", "-p:SparseLlmPack=a%3Bmodels").ShouldFail().Output.ShouldContain(
            "error SLM5103: SparseLlmPack is 'a;models'. It can be 'true', 'false', or names of artifacts");
    }
}
