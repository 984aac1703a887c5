using SparseLlm.Diagnostics;
using SparseLlm.Numerics;
using SparseLlm.Recipes;
using SparseLlm.Tool.Projects;

namespace SparseLlm.Tool.Tests;

/// <summary>Recipes that belong to a project, whose build puts the artifacts elsewhere.</summary>
public sealed class Projects : IDisposable
{
    private readonly TempDirectory directory = new();

    [Fact]
    public void The_recipe_and_the_output_folder_of_a_project_are_found_and_without_being_asked_for_too()
    {
        Write("App.csproj", Project());
        Write("pruning.yaml", $"version: 1\nmodel: {ShallowModel.Of("tiny-opt")}\nartifacts: {{ a: {{ method: magnitude, sparsity: 0.5 }} }}\n");
        ToolRun build = ToolRun.Of("build", "--project", directory.Path, "-c", "Release");
        build.ExitCode.ShouldBe(0, build.Error);
        File.Exists(directory["bin/Release/net10.0/models/a/pruning.json"]).ShouldBeTrue();

        string release = ToolProcess.RunIn(directory.Path, "off", "status", "-c", "Release").Output;
        release.ShouldContain("a: fresh");
        release.ShouldContain(Path.Combine("bin", "Release", "net10.0", "models"));
        ToolProcess.RunIn(directory.Path, "off", "why", "a").Output
            .ShouldContain(Path.Combine("bin", "Debug", "net10.0", "models"));

        ToolProcess.RunIn(directory.Path, "off", "build", "-c", "Release").Error
            .ShouldContain("error SLM5001: --configuration Release is one of a project");
        ToolProcess.RunIn(directory.Path, "off", "build").ExitCode.ShouldBe(0);
        ToolProcess.RunIn(directory.Path, "off", "status").Output
            .ShouldContain("a: fresh", customMessage: "it was built beside the recipe, and not by the project");
    }

    [Fact]
    public void Every_recipe_of_a_project_and_its_properties_are_known()
    {
        Write("App.csproj", Project("""
            <PropertyGroup><SparseLlmDevice>CUDA</SparseLlmDevice><SparseLlmPrecision>Fast</SparseLlmPrecision><SparseLlmDevices>1;0</SparseLlmDevices><SparseLlmCachePath>cache/</SparseLlmCachePath><SparseLlmModelsFolder>weights</SparseLlmModelsFolder></PropertyGroup>
            <ItemGroup><PruningRecipe Include="recipes/*.yaml" /></ItemGroup>
            """));
        Write("recipes/x.yaml", "");
        Write("recipes/y.yaml", "");
        PruningProject project = PruningProject.Evaluate(
            ProjectFile.Find(directory.Path),
            null,
            CancellationToken.None);
        project.Recipes.Order().ShouldBe([directory["recipes/x.yaml"], directory["recipes/y.yaml"]]);
        project.Models.ShouldBe(directory["bin/Debug/net10.0/weights"]);
        project.Choose(new EngineChoice
        {
            Threads = 3
        }).ShouldBe(new EngineChoice("cuda")
        {
            Precision = Precision.Fast,
            Devices = DeviceNumbers.Parse("1,0")!,
            Threads = 3
        });
        project.Cache.ShouldBe(directory["cache"]);

        ToolRun status = ToolRun.Of("status", "--project", directory["App.csproj"]);
        status.ExitCode.ShouldBe(2);
        status.Error.ShouldContain("error SLM5010: this project has several recipes");
        status.Error.ShouldContain("x.yaml");
    }

    [Fact]
    public void A_project_that_prunes_nothing_or_is_none_is_an_error()
    {
        Code(() => ProjectFile.Find(directory["App.csproj"])).ShouldBe("SLM5008");
        Code(() => ProjectFile.Find(directory.Path)).ShouldBe("SLM5008");
        Write("App.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        Code(() => PruningProject.Evaluate(directory["App.csproj"], null, CancellationToken.None)).ShouldBe("SLM5009");
        Write("Other.csproj", "<Project");
        Code(() => PruningProject.Evaluate(directory["Other.csproj"], null, CancellationToken.None)).ShouldBe(
            "SLM5008");
        Code(() => ProjectFile.Find(directory.Path)).ShouldBe("SLM5010");
        ProjectFile.Beside(directory["pruning.yaml"]).ShouldBeNull();
    }

    private static string Code(Action action) => Should.Throw<DiagnosticException>(action).Diagnostics[0].Code;

    /// <summary>A project as a restore leaves it: the package's files come after those of the SDK.</summary>
    private static string Project(string body = "") => $"""
        <Project>
          <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
          <Import Project="{Repository.Root}/build/SparseLlm.Build.props" />
          <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
          {body}
          <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
          <Import Project="{Repository.Root}/build/SparseLlm.Build.targets" />
        </Project>
        """;

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(directory[name])!);
        File.WriteAllText(directory[name], text);
    }

    public void Dispose() => directory.Dispose();
}
