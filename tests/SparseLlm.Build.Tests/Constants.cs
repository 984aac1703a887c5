using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>The class <c>PrunedModels</c>, which programs find their models by.</summary>
public sealed class Constants
{
    [Fact]
    public void A_program_finds_its_models_by_names_that_the_build_has_made()
    {
        var project = new TestProject("Constants");
        project.Build().ShouldSucceed();

        string[] said = project.Run("run", "--no-build").ShouldSucceed().Output.ReplaceLineEndings("\n").Split('\n');

        said.ShouldContain(project.PathOf("bin/Debug/net10.0/models/tiny-opt-70"));
        said.ShouldContain("True");
        said.ShouldContain("0.7 65.42");
        project.Build(
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
        var project = new TestProject("GgufConstants");
        project.Build().ShouldSucceed();

        string[] said = project.Run("run", "--no-build").ShouldSucceed().Output.ReplaceLineEndings("\n").Split('\n');

        said.ShouldContain("True");
        said.ShouldContain(project.PathOf("bin/Debug/net10.0/models/tiny-70/tiny-70-Q8_0.gguf"));
    }

    [Fact]
    public void Only_other_names_or_numbers_are_compiled_again()
    {
        var project = new TestProject("Constants");
        project.Build().ShouldSucceed();
        DateTime compiled = Compiled();

        project.Write("pruning.yaml", "artifact: tiny-opt-70\nartifact: 2of4\nartifact: path\nsay: again")
            .Build()
            .ShouldSucceed()
            .Prunes
            .ShouldBe(1);
        Compiled().ShouldBe(compiled);

        project.Write("pruning.yaml", "artifact: tiny-opt-70\nartifact: 2of4\nartifact: path\nartifact: more")
            .Build()
            .ShouldSucceed();
        Compiled().ShouldBeGreaterThan(compiled);

        DateTime Compiled() => File.GetLastWriteTimeUtc(project.PathOf("obj/Debug/net10.0/Models.dll"));
    }

    [Fact]
    public void A_prune_that_fails_is_the_only_error()
    {
        BuildResult result = new TestProject("Constants")
            .Write("pruning.yaml", "fail: pruning.yaml(1,1): error SLM4003: missed").Build().ShouldFail();

        result.Output.ShouldContain("error SLM4003");
        result.Output.ShouldContain("1 Error(s)");
    }

    [Fact]
    public void Names_that_would_be_one_are_an_error()
    {
        new TestProject("Constants").Write("pruning.yaml", "artifact: tiny-opt\nartifact: tiny.opt").Build().ShouldFail()
            .Output.ShouldContain(
                "error SLM5109: 'tiny-opt' and 'tiny.opt' would all be called 'TinyOpt' in the class PrunedModels.");
    }

    [Fact]
    public void Every_target_framework_has_the_class()
        => new TestProject("ConstantsOfTwoFrameworks").Build().ShouldSucceed().Prunes.ShouldBe(1);
}
