using System.Text.Json.Nodes;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary><c>dotnet new sparsellm</c> and <c>dotnet new pruning</c>, from what they write to what a build makes of
/// it.</summary>
public sealed class Templates(Templates.Installed installed) : IClassFixture<Templates.Installed>
{
    private readonly PackageFeed feed = installed.Feed;

    private const int TextLength = 8_000;

    [Fact]
    public void A_project_prunes_when_it_is_built()
    {
        string directory = NewDirectory();
        feed.Run(directory, ["new", "sparsellm", "--name", "Models", .. Parameters("wanda", "auto", "../")]);
        string project = Path.Combine(directory, "Models");
        feed.Run(project, "build");

        string manifest = File.ReadAllText(
            Path.Combine(project, "bin", "Debug", "net10.0", "models", "pruned", "pruning.json"));
        manifest.ShouldContain("\"method\": \"wanda\"");
        manifest.ShouldContain("\"pattern\": \"0.25\"");
        feed.Run(project, "run", "--no-build").ShouldContain("pruned: ");
    }

    [Fact]
    public void An_application_talks_to_the_model_that_its_build_has_packed()
    {
        string directory = NewDirectory();

        // What SparseLlm.Runtime refers to is where it was restored to for its own build, which is laid out as sources
        // of packages are.
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(
            directory,
            "nuget.config"), $"""<configuration><packageSources><add key="restored" value="{packages}" /></packageSources></configuration>""");
        feed.Run(directory, ["new", "sparsellm", "--app", "--name", "Chat", .. Parameters("magnitude", "cpu", "../")]);
        string project = Path.Combine(directory, "Chat");
        File.ReadAllText(Path.Combine(project, "pruning.yaml")).ShouldContain("encoding: sparse\n");
        feed.Run(project, "build");

        string models = Path.Combine(project, "bin", "Debug", "net10.0", "models", "pruned");
        File.Exists(Path.Combine(models, "sparsellm.json")).ShouldBeTrue();

        // Nobody writes anything.
        System.Diagnostics.ProcessStartInfo start = feed.DotNet.Command(project, "run", "--no-build");
        start.RedirectStandardInput = true;
        (int exitCode, string output) = DotNet.Run(start);
        exitCode.ShouldBe(0, output);
        output.ShouldContain("Write something.");
    }

    [Theory]
    [InlineData("magnitude", "auto")]
    [InlineData("ria", "cuda")]
    [InlineData("sparsellm", "cpu")]
    public void A_recipe_of_its_own_is_valid_with_every_device(string method, string device)
    {
        // YAML would take the rest of the name for a comment.
        const string folder = "it's #1";
        string directory = NewDirectory();
        Directory.CreateDirectory(Path.Combine(directory, folder));
        foreach (string text in Directory.GetFiles(directory, "*.txt"))
        {
            File.Move(text, Path.Combine(directory, folder, Path.GetFileName(text)));
        }

        feed.Run(directory, ["new", "pruning", .. Parameters(method, device, folder + "/")]);

        string recipe = File.ReadAllText(Path.Combine(directory, "pruning.yaml"));
        recipe.ShouldStartWith("# yaml-language-server: $schema=pruning.schema.json\n");
        recipe.ShouldContain($"method: {method}\n");
        recipe.ShouldContain($"device: {device}\n");
        File.ReadAllText(Path.Combine(directory, "pruning.schema.json"))
            .ShouldBe(File.ReadAllText(Path.Combine(Repository.Root, "schemas", "pruning.schema.json")));
        feed.Run(directory, BuildOutput.Tool, "validate").ShouldContain("is valid: pruned");
    }

    [Theory]
    [InlineData("pruning")]
    [InlineData("sparsellm")]
    public void The_methods_to_choose_from_are_those_of_recipes(string template)
    {
        string about = Path.Combine(
            Repository.Root, "templates", "content", template, ".template.config", "template.json");
        string schema = Path.Combine(Repository.Root, "schemas", "pruning.schema.json");

        Read(about)["symbols"]!["method"]!["choices"]!.AsArray().Select(choice => (string)choice!["choice"]!).ShouldBe(
            Read(schema)["properties"]!["defaults"]!["properties"]!["method"]!["anyOf"]![0]!["enum"]!.AsArray()
                .Select(method => (string)method!));

        static JsonNode Read(string path) => JsonNode.Parse(File.ReadAllText(path))!;
    }

    [Fact]
    public void Names_of_any_kind_are_written_so_that_they_are_read()
    {
        string directory = NewDirectory();
        const string model = "it's #1: {a} [b] & é";
        const string text = "c: it's #2.txt";
        Directory.CreateDirectory(Path.Combine(directory, model));
        File.WriteAllText(Path.Combine(directory, text), "text");
        feed.Run(directory, ["new", "pruning", "--model", model, "--calibration", text, "--evaluation", text]);

        File.ReadAllText(Path.Combine(directory, "pruning.yaml")).ShouldContain("model: 'it''s #1: {a} [b] & é'\n");
        feed.Run(directory, BuildOutput.Tool, "validate").ShouldContain("is valid: pruned");
    }

    [Fact]
    public void The_recipe_template_is_the_recipe_of_the_project_template()
    {
        string templates = Path.Combine(Repository.Root, "templates", "content");
        File.ReadAllText(Path.Combine(templates, "pruning", "pruning.yaml"))
            .ShouldBe(File.ReadAllText(Path.Combine(templates, "sparsellm", "pruning.yaml")));
    }

    /// <summary>A directory in which <c>dotnet new</c> knows the templates.</summary>
    private string NewDirectory()
    {
        string directory = feed.NewDirectory();
        Shorten("sample-calibration.txt");
        Shorten("sample-eval.txt");
        return directory;

        // What is measured is not what these tests are about.
        void Shorten(string text)
            => File.WriteAllText(Path.Combine(directory, text), File.ReadAllText(Repository.Text(text))[..TextLength]);
    }

    private static string[] Parameters(string method, string device, string folder) =>
    [
        "--model", ShallowModel.Of("tiny-opt"), "--method", method, "--sparsity", "0.25", "--device", device, "--samples", "4",
        "--calibration", folder + "sample-calibration.txt", "--evaluation", folder + "sample-eval.txt",
    ];

    /// <summary>The templates, installed for the user that the tests run as.</summary>
    public sealed class Installed
    {
        public Installed() => Feed.Run(
            Feed.NewDirectory(),
            "new",
            "install",
            "SparseLlm.Templates@" + Feed.Version,
            "--nuget-source",
            Feed.Source,
            "--force");

        internal PackageFeed Feed { get; } = PackageFeed.Shared;
    }
}
