using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Errors
{
    [Fact]
    public void A_mistake_in_the_recipe_fails_the_build_with_file_line_column_and_code()
    {
        var project = new TestProject();
        project.Write(
            "pruning.yaml",
            $"artifact: a\nfail: {project.PathOf("pruning.yaml")}(12,5,12,13): error SLM1003: unknown key 'sparsty'");

        BuildResult result = project.Build().ShouldFail();

        result.Output.ShouldContain("pruning.yaml(12,5,12,13): error SLM1003: unknown key 'sparsty'");
        result.Output
            .ShouldNotContain("MSB6006", Case.Sensitive, "the exit code says nothing that the diagnostic does not");
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBeEmpty();
    }

    [Fact]
    public void A_failed_run_is_tried_again_and_leaves_the_artifacts_of_the_last_good_one()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");
        project.Build().ShouldSucceed();

        project.Write("pruning.yaml", "artifact: a\nfail: pruning.yaml(1,1): error SLM3001: gate missed");
        project.Build().ShouldFail().Prunes.ShouldBe(1);
        project.Build().ShouldFail().Prunes.ShouldBe(1);

        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
    }

    [Fact]
    public void What_the_tool_says_of_its_options_speaks_of_properties()
    {
        var project = new TestProject();
        project.Write("pruning.yaml", $"fail: {project.PathOf("pruning.yaml")}: error SLM4011: it has moved; build without --locked, or with --cache off or --on-cache-miss error; add --precision exact and --devices 0,1 with --device cuda");

        project.Build().ShouldFail().Output.ShouldContain("error SLM4011: it has moved; build with "
            + "SparseLlmLocked=false, or with SparseLlmCachePath=off or SparseLlmOnCacheMiss=error; add "
            + "SparseLlmPrecision=exact and SparseLlmDevices=0,1 with SparseLlmDevice=cuda");
    }

    [Fact]
    public void A_tool_that_is_not_there_is_named()
    {
        TestProject project = new TestProject().WithTool("/nowhere/dotnet-sparsellm.dll").Write("pruning.yaml", "artifact: a");

        project.Build().ShouldFail().Output
            .ShouldContain("error SLM5101: The pruning tool '/nowhere/dotnet-sparsellm.dll' does not exist.");
    }

    [Fact]
    public void A_property_with_a_value_that_it_cannot_have_is_an_error_before_the_tool_is_asked()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        ShouldRefuse("SparseLlmEnabled=maybe", "It can be 'true' or 'false'.", target: "Build");
        ShouldRefuse("SparseLlmLocked=known", "It can be 'true' or 'false'.");
        ShouldRefuse("SparseLlmConstants=all", "It can be 'true' or 'false'.");
        ShouldRefuse("SparseLlmDevice=gpu", "It can be 'auto', 'cpu', 'cpu-torch' or 'cuda'.");
        ShouldRefuse("SparseLlmPrecision=half", "It can be 'exact' or 'fast'.");
        ShouldRefuse("SparseLlmDevices=first", "It can be numbers of GPUs with commas between them, such as '0,1'.");
        ShouldRefuse("SparseLlmOnCacheMiss=fail", "It can be 'build', 'warn' or 'error'.");
        ShouldRefuse("SparseLlmExecutor=cloud", "It can be 'local' or 'slurm'.");
        ShouldRefuse("SparseLlmCachePath=~/cache", "It can be 'off', or a folder,");
        ShouldRefuse("SparseLlmCachePath=/", "It can be 'off', or a folder,");
        ShouldRefuse("SparseLlmModelsFolder=../elsewhere", "It can be a folder below the output directory,");
        project.Calls.ShouldBeEmpty();
        project.Build("-p:SparseLlmEnabled=on", "-p:SparseLlmDevice=CPU").ShouldSucceed();
        project.Calls.Single().ShouldEndWith("--device cpu");

        void ShouldRefuse(string property, string values, string target = "SparseLlmPrune")
        {
            string[] parts = property.Split('=');
            project.Build("-t:" + target, "-p:" + property).ShouldFail().Output
                .ShouldContain($"error SLM5103: {parts[0]} is '{parts[1]}'. {values}");
        }
    }

    [Theory]
    [InlineData(
        "say: almost\nend: 3",
        "error SLM5107: The pruning tool has ended with exit code 3 and did not say why: almost.")]
    [InlineData("end: -1", "error SLM5107: The pruning tool was killed (signal 9), most likely for want of memory.")]
    public void A_tool_that_ends_without_a_word_is_an_error_that_says_how(string recipe, string message)
    {
        TestProject project = new TestProject().Write("pruning.yaml", recipe);

        BuildResult result = project.Build().ShouldFail();

        result.Output.ShouldContain(message);
        result.Output.ShouldNotContain("MSB6006");
    }

    [Fact]
    public void A_tool_for_which_there_is_no_runtime_is_an_error_that_says_so()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");
        project.WithTool(project.PathOf("tool/FakeTool.dll"));
        project.Copy(BuildOutput.FakeTool, "tool/FakeTool.dll").Write(
            "tool/FakeTool.runtimeconfig.json", """{ "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "99.0.0" } } }""");

        project.Build().ShouldFail().Output.ShouldMatch(
            "error SLM5107: The pruning tool does not start: '.*dotnet.*' has no runtime that it can run on");
    }

    [Fact]
    public void Only_what_the_tool_itself_says_is_an_error_or_a_warning()
    {
        TestProject project = new TestProject().Write(
            "pruning.yaml",
            """
            artifact: a
            say: Program.cs(1,1): error CS9999: a line of a library
            say:   Program.cs(1,1): error SLM4001: a line of a worker
            say: libtorch: warning : slow
            say: sparsellm: note SLM4008: damping was raised
            say:  small   warning : 0.7
            """);

        BuildResult result = project.Build("-warnaserror").ShouldSucceed();

        result.Output.ShouldContain("error CS9999: a line of a library");
        result.Output.ShouldContain("note SLM4008: damping was raised");
        result.Output.ShouldContain("0 Warning(s)");
    }

    [Fact]
    public void Two_recipes_with_an_artifact_of_the_same_name_are_an_error()
    {
        TestProject project = new TestProject("MoreRecipes")
            .Write("pruning.yaml", "artifact: a")
            .Write("recipes/one.yaml", "artifact: a");

        project.Build().ShouldFail().Output
            .ShouldContain("error SLM5102: Two recipes of this project make an artifact of the same name");
    }
}
