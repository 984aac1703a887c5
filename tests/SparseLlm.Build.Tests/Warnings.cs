using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>Builds of the same state, of which none may say less than another: with <c>-warnaserror</c> that
/// decides.</summary>
public sealed class Warnings
{
    private const string Manifest = """{ "version": 1, "tools": { "sparsellm.tool": { "version": "99.1.0", "commands": [ "dotnet-sparsellm" ] } } }""";

    [Fact]
    public void A_warning_comes_with_every_build_and_fails_every_one_where_warnings_are_errors()
    {
        var project = new TestProject();
        string warning = $"{project.PathOf("pruning.yaml")}(3,5,3,9): warning SLM1019: 'damping' has no effect {{0}}";
        project.Write("pruning.yaml", "artifact: a\nwarn: " + warning).Write("dotnet-tools.json", Manifest);

        ShouldWarn(project.Build().ShouldSucceed(), prunes: 1);
        ShouldWarn(project.Build().ShouldSucceed(), prunes: 0);
        project.Build("-warnaserror").ShouldFail().Output.ShouldContain("error SLM1019");
        Directory.Delete(project.PathOf("obj/Debug"), recursive: true);
        project.Build("-warnaserror").ShouldFail().Output.ShouldContain("error SLM1019");
        project.Build("-warnaserror").ShouldFail().Output.ShouldContain("error SLM5106");
        project.Write("pruning.yaml", "artifact: a");
        File.Delete(project.PathOf("dotnet-tools.json"));
        project.Build("-warnaserror").ShouldSucceed();

        void ShouldWarn(BuildResult result, int prunes)
        {
            result.Prunes.ShouldBe(prunes);
            result.Output.ShouldContain(warning);
            result.Output.ShouldContain("warning SLM5106");
            result.Output.ShouldContain("2 Warning(s)");
        }
    }

    [Fact]
    public void What_would_be_a_warning_about_computing_is_refused_before_where_warnings_are_errors()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        project.Build("-p:SparseLlmOnCacheMiss=warn", "-p:MSBuildTreatWarningsAsErrors=true").ShouldSucceed();

        project.Calls.Single().ShouldEndWith("--on-cache-miss error");
    }
}
