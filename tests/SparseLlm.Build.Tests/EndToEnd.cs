using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>The packed tool itself, on a model of two layers.</summary>
public sealed class EndToEnd
{
    [Fact]
    public void The_package_prunes_a_model_and_then_leaves_it_alone()
    {
        TestProject project = TestProject.AsCloned("Models").WriteRecipe("method: wanda");

        BuildResult result = project.Type("build").ShouldSucceed();

        result.Output.ShouldContain("half");
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain("config.json");
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain("pruning.json");
        project.FilesBelow("bin/Debug/net10.0/models/half").ShouldContain(file => file.EndsWith(".safetensors"));
        project.Type("build").ShouldSucceed().Prunes.ShouldBe(0);
    }

    [Fact]
    public void The_package_reports_a_mistake_in_the_recipe_where_it_is()
    {
        TestProject project = new TestProject().WithTool("").WriteRecipe("sparsty: 0.5");

        BuildResult result = project.Build().ShouldFail();

        result.Output.ShouldMatch(@"pruning\.yaml\(\d+,\d+,\d+,\d+\): error SLM1\d\d\d: .*sparsty");
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBeEmpty();
    }
}
