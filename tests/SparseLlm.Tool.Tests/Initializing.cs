using NuGet.Versioning;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Recipes;
using SparseLlm.Tool.Commands;

namespace SparseLlm.Tool.Tests;

/// <summary>Whatever <c>init</c> writes, <c>validate</c> accepts.</summary>
public sealed class Initializing : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("my model")]
    [InlineData("a+b")]
    [InlineData("x@y")]
    [InlineData("\"q\"")]
    [InlineData("it's")]
    [InlineData("# no comment")]
    [InlineData("key: value")]
    [InlineData("{a: [b]}")]
    [InlineData("*star")]
    [InlineData("&anchor")]
    [InlineData("!tag")]
    [InlineData("- item")]
    [InlineData("? key")]
    [InlineData("%directive")]
    [InlineData("back\\slash\\n")]
    [InlineData("$HOME")]
    [InlineData("true")]
    [InlineData("~")]
    [InlineData("1.5")]
    [InlineData("模型 é \U0001F600")]
    [InlineData("line\u2028separator\uFEFF")]
    [InlineData(" trailing and leading ")]
    [InlineData("aux.model")]
    [InlineData("...x")]
    public void Names_of_any_kind_are_written_so_that_they_are_read(string name)
    {
        Directory.CreateDirectory(directory[name]);
        string text = "text of " + name.Replace('*', 'x') + ".txt";
        File.WriteAllText(directory[text], "text");

        string recipe = Write(name, text);
        File.WriteAllText(directory["pruning.yaml"], recipe);
        RecipeReading reading = RecipeReader.Read(directory["pruning.yaml"], new NuGetVersion(0, 1, 0));

        reading.Diagnostics.ShouldBeEmpty(recipe);
        reading.Recipe!.Model.ShouldBe(directory[name]);
        reading.Recipe.Calibration!.Text.Paths.ShouldBe([directory[text]]);
        reading.Recipe.Artifacts.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("${HOME}", "takes '${' for the beginning of a variable")]
    [InlineData("two\nlines", "a control character")]
    public void What_no_recipe_can_name_is_an_error(string name, string message)
    {
        var error = Should.Throw<DiagnosticException>(() => Write(name, "text.txt"));
        error.Diagnostics.Single().Code.ShouldBe("SLM5007");
        error.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("0.1.0", "[0.1,1.0)")]
    [InlineData("1.2.3", "[1.2,2.0)")]
    [InlineData("0.2.0-beta.1", "[0.2.0-beta.1,1.0)")]
    public void The_recipe_requires_versions_of_which_the_tools_is_one(string version, string requirement)
    {
        RecipeTemplate.Requirement(NuGetVersion.Parse(version)).ShouldBe(requirement);
        VersionRange.Parse(requirement).Satisfies(NuGetVersion.Parse(version)).ShouldBeTrue();
    }

    [Fact]
    public void A_folder_that_is_missing_is_made_and_one_that_is_named_gets_the_recipe()
    {
        string model = Repository.Model("tiny-opt");
        ToolRun.Of("init", model, "-o", directory["sub/dir/x.yaml"]).ExitCode.ShouldBe(0);
        File.ReadAllText(directory["sub/dir/x.yaml"]).ShouldContain("  tiny-opt-50:\n");
        File.Exists(directory["sub/dir/pruning.schema.json"]).ShouldBeTrue();

        ToolRun into = ToolRun.Of("init", model, "-o", directory["folder"] + "/");
        into.ExitCode.ShouldBe(0);
        File.Exists(directory["folder/pruning.yaml"]).ShouldBeTrue();
        Directory.EnumerateFiles(directory.Path, "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public void Without_texts_the_recipe_is_valid_and_says_what_to_put_in()
    {
        string recipe = Write(Repository.Model("tiny-opt"), null);
        File.WriteAllText(directory["pruning.yaml"], recipe);
        RecipeReader.Read(directory["pruning.yaml"], new NuGetVersion(0, 1, 0)).Diagnostics.ShouldBeEmpty(recipe);
        recipe.Split('\n').Count(line => line.Contains("TODO")).ShouldBe(4, recipe);

        string[] edited = [.. recipe.Replace(
            "magnitude   # TODO: sparsellm, once there is a calibration text",
            "sparsellm").Split('\n')
            .Where(line => !line.Contains("TODO")).Select(line => line.StartsWith("# ")
                && !line.Contains("decoder layers")
                && !line.Contains("yaml-language") ? line[2..] : line)];
        Directory.CreateDirectory(directory["data"]);
        File.WriteAllText(directory["data/calibration.txt"], "text");
        File.WriteAllText(directory["data/eval.txt"], "text");
        File.WriteAllLines(directory["pruning.yaml"], edited);
        RecipeReading reading = RecipeReader.Read(directory["pruning.yaml"], new NuGetVersion(0, 1, 0));
        reading.Diagnostics.ShouldBeEmpty(string.Join('\n', edited));
        string.Join('\n', edited).ShouldBe(
            Write(Repository.Model("tiny-opt"), "data/calibration.txt", "data/eval.txt"),
            "what is commented out is what init writes where there are texts");
    }

    [Fact]
    public void Init_says_what_is_left_to_do()
    {
        string model = Repository.Model("tiny-opt");
        ToolRun none = ToolProcess.RunIn(directory.Path, "off", "init", model);
        none.Output.ShouldContain("prunes by magnitude and measures nothing");
        none.Output.ShouldContain("--calibration FILE and --evaluation FILE and --force");
        ToolProcess.RunIn(directory.Path, "off", "build").ExitCode.ShouldBe(0);

        Directory.CreateDirectory(directory["data"]);
        File.Copy(Repository.Text("sample-calibration.txt"), directory["data/calibration.txt"]);
        ToolRun one = ToolProcess.RunIn(
            directory.Path,
            "off",
            "init",
            model,
            "--evaluation",
            "held-out.txt",
            "--force");
        one.Output.ShouldContain($"put a text at {directory["held-out.txt"]}");
        File.ReadAllText(directory["pruning.yaml"]).ShouldContain("  text: \"data/calibration.txt\"");
    }

    [Fact]
    public void A_model_that_is_here_is_called_by_the_name_of_this_directory()
    {
        string model = directory["my model"];
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(Repository.Model("tiny-opt")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        ToolProcess.RunIn(model, "off", "init", ".").ExitCode.ShouldBe(0);
        File.ReadAllText(Path.Combine(model, "pruning.yaml")).ShouldContain("  my-model-50:\n");
    }

    private static string Write(string model, string? text) => Write(model, text, text);

    private static string Write(string model, string? calibration, string? evaluation) =>
        RecipeTemplate.Write(
            DecoderModel.ReadDefinition(Repository.Model("tiny-opt")),
            model,
            model,
            RecipeTemplate.Text(calibration, null),
            RecipeTemplate.Text(evaluation, null),
            "pruning.schema.json");
}
