using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class NotPruning
{
    [Fact]
    public void Recipes_are_watched_and_lock_files_which_builds_write_are_not()
    {
        TestProject project = new TestProject("MoreRecipes")
            .Write("pruning.yaml", "artifact: a")
            .Write("pruning.lock.json", "{}");

        string watched = project.Run("msbuild", "-getItem:Watch").ShouldSucceed().Output;

        watched.ShouldContain(project.PathOf("pruning.yaml"));
        watched.ShouldContain(project.PathOf("recipes/one.yaml"));
        watched.ShouldNotContain("lock.json");
    }

    [Fact]
    public void Nothing_is_pruned_on_restore_at_design_time_for_live_tests_or_when_disabled()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");

        project.Run("restore", "--force").ShouldSucceed();
        project.Build("-p:DesignTimeBuild=true").ShouldSucceed();
        project.Build("-p:BuildingForLiveUnitTesting=true").ShouldSucceed();
        project.Build("-p:SparseLlmEnabled=false").ShouldSucceed();

        project.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void A_disabled_build_leaves_the_models_of_an_earlier_one()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "artifact: a");
        project.Build().ShouldSucceed();

        project.Build("-p:SparseLlmEnabled=false").ShouldSucceed();

        project.FilesBelow("bin/Debug/net10.0/models").ShouldBe(["a/config.json", "a/model.safetensors"]);
    }

    [Fact]
    public void Visual_Studio_is_told_the_inputs_of_the_last_run()
    {
        var project = new TestProject("UpToDateCheck");
        project.Build().ShouldSucceed();

        BuildResult result = project.Build(
            "-t:CollectUpToDateCheckInputDesignTime",
            "-p:DesignTimeBuild=true").ShouldSucceed();

        result.Output.ShouldContain("INPUT pruning.yaml SparseLlm");
        result.Output.ShouldContain("INPUT text.txt SparseLlm");
        result.Output.ShouldContain("OUTPUT .stamp SparseLlm");
        result.Output.ShouldNotContain("pruning.lock.json", Case.Sensitive, "the build itself writes it");
        project.Build(
            "-t:CollectUpToDateCheckInputDesignTime",
            "-p:DesignTimeBuild=true",
            "-p:SparseLlmLocked=true")
            .ShouldSucceed().Output.ShouldContain("INPUT pruning.lock.json SparseLlm");
    }
}
