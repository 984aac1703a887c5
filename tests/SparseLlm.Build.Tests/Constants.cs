using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>The class <c>PrunedModels</c>, which programs find their models by.</summary>
public sealed class Constants
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    private const string More =
        """
        <PropertyGroup>
          <OutputType>Exe</OutputType>
          <SparseLlmConstants>true</SparseLlmConstants>
        </PropertyGroup>
        """;

    private const string Program =
        """
        System.Console.WriteLine(Models.PrunedModels.TinyOpt70.Path);
        System.Console.WriteLine(System.IO.File.Exists(System.IO.Path.Combine(Models.PrunedModels.TinyOpt70.Path, "config.json")));
        System.Console.WriteLine(System.FormattableString.Invariant($"{Models.PrunedModels._2of4.Sparsity} {Models.PrunedModels.PathModel.Perplexity.Prose}"));
        """;

    [Fact]
    public void A_program_finds_its_models_by_names_that_the_build_has_made()
    {
        TestProject project = Project("artifact: tiny-opt-70\nartifact: 2of4\nartifact: path");
        project.Build().ShouldSucceed();

        string[] said = project.Run("run", "--no-build").ShouldSucceed().Output.ReplaceLineEndings("\n").Split('\n');

        said.ShouldContain(project.PathOf("bin/Debug/net10.0/models/tiny-opt-70"));
        said.ShouldContain("True");
        said.ShouldContain("0.7 65.42");
        project.Build(
            "--no-restore",
            "-t:CoreCompile",
            "-p:DesignTimeBuild=true",
            "-p:SkipCompilerExecution=true",
            "-p:ProvideCommandLineArgs=true",
            "-getItem:Compile")
            .ShouldSucceed().Output.ShouldContain("PrunedModels.g.cs");
    }

    [Fact]
    public void A_program_finds_gguf_files_by_names_too()
    {
        TestProject project = new TestProject(feed, more: More).Write(
            "pruning.yaml",
            "artifact: tiny-70\ngguf: q8_0\ngguf: f16").Write(
            "Program.cs",
            """
            System.Console.WriteLine(Models.PrunedModels.Tiny70.Path);
            System.Console.WriteLine(System.IO.File.Exists(Models.PrunedModels.Tiny70F16.Path));
            System.Console.WriteLine(Models.PrunedModels.Tiny70Q8_0.Path);
            """);
        project.Build().ShouldSucceed();

        string[] said = project.Run("run", "--no-build").ShouldSucceed().Output.ReplaceLineEndings("\n").Split('\n');

        said.ShouldContain("True");
        said.ShouldContain(project.PathOf("bin/Debug/net10.0/models/tiny-70/tiny-70-Q8_0.gguf"));
    }

    [Fact]
    public void Only_other_names_or_numbers_are_compiled_again()
    {
        TestProject project = Project("artifact: tiny-opt-70\nartifact: 2of4\nartifact: path");
        project.Build().ShouldSucceed();
        DateTime compiled = Compiled();

        project.Write("pruning.yaml", "artifact: tiny-opt-70\nartifact: 2of4\nartifact: path\nsay: again")
            .Build("--no-restore")
            .ShouldSucceed()
            .Prunes
            .ShouldBe(1);
        Compiled().ShouldBe(compiled);

        project.Write("pruning.yaml", "artifact: tiny-opt-70\nartifact: 2of4\nartifact: path\nartifact: more")
            .Build("--no-restore")
            .ShouldSucceed();
        Compiled().ShouldBeGreaterThan(compiled);

        DateTime Compiled() => File.GetLastWriteTimeUtc(project.PathOf("obj/Debug/net10.0/Models.dll"));
    }

    [Fact]
    public void A_prune_that_fails_is_the_only_error()
    {
        BuildResult result = Project("fail: pruning.yaml(1,1): error SLM4003: missed").Build().ShouldFail();

        result.Output.ShouldContain("error SLM4003");
        result.Output.ShouldContain("1 Error(s)");
    }

    [Fact]
    public void Names_that_would_be_one_are_an_error()
    {
        Project("artifact: tiny-opt\nartifact: tiny.opt").Build().ShouldFail()
            .Output.ShouldContain(
                "error SLM5109: 'tiny-opt' and 'tiny.opt' would all be called 'TinyOpt' in the class PrunedModels.");
    }

    [Fact]
    public void Every_target_framework_has_the_class()
    {
        new TestProject(
            feed,
            TestProject.TwoFrameworks,
            more: "<PropertyGroup><SparseLlmConstants>true</SparseLlmConstants></PropertyGroup>")
            .Write("pruning.yaml", "artifact: a").Write(
                "Program.cs",
                "class Program { string model = Models.PrunedModels.A.Path; }")
            .Build().ShouldSucceed().Prunes.ShouldBe(1);
    }

    private TestProject Project(string recipe)
        => new TestProject(feed, more: More).Write("pruning.yaml", recipe).Write("Program.cs", Program);
}
