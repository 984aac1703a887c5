using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary><c>dotnet new sparsellm</c> and <c>dotnet new pruning</c>, from what they write to what a build makes of it.</summary>
[Collection(PackageFeedCollection.Name)]
public sealed class Templates(PackageFeed feed)
{
    private const int TextLength = 8_000;

    private static readonly string[] Methods = ["magnitude", "wanda", "ria", "sparsegpt", "admm", "alps", "sparsellm"];

    [Fact]
    public void A_project_prunes_when_it_is_built_with_every_method()
    {
        string directory = Install();
        foreach ((string method, int index) in Methods.Select((method, index) => (method, index)))
        {
            feed.Run(directory, ["new", "sparsellm", "--name", method, .. Parameters(method, index % 2 == 0 ? "cpu" : "auto", "../")]);
        }

        File.WriteAllText(
            Path.Combine(directory, "All.slnx"),
            $"<Solution>{string.Concat(Methods.Select(method => $"""<Project Path="{method}/{method}.csproj" />"""))}</Solution>");
        feed.Run(directory, "build", "All.slnx");

        foreach (string method in Methods)
        {
            string manifest = File.ReadAllText(Path.Combine(directory, method, "bin", "Debug", "net10.0", "models", "pruned", "pruning.json"));
            manifest.ShouldContain($"\"method\": \"{method}\"");
            manifest.ShouldContain("\"pattern\": \"0.25\"");
        }

        feed.Run(Path.Combine(directory, "wanda"), "run", "--no-build").ShouldContain("pruned: ");
    }

    [Fact]
    public void An_application_talks_to_the_model_that_its_build_has_packed()
    {
        string directory = Install();

        // What SparseLlm.Runtime refers to is where it was restored to for its own build, which is laid out as sources of packages are.
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(directory, "nuget.config"), $"""<configuration><packageSources><add key="restored" value="{packages}" /></packageSources></configuration>""");
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
    [InlineData("auto")]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public void A_recipe_of_its_own_is_valid_with_every_device(string device)
    {
        // YAML would take the rest of the name for a comment.
        const string folder = "it's #1";
        string directory = Install();
        Directory.CreateDirectory(Path.Combine(directory, folder));
        foreach (string text in Directory.GetFiles(directory, "*.txt"))
            File.Move(text, Path.Combine(directory, folder, Path.GetFileName(text)));
        feed.Run(directory, ["new", "pruning", .. Parameters("wanda", device, folder + "/")]);

        string recipe = File.ReadAllText(Path.Combine(directory, "pruning.yaml"));
        recipe.ShouldStartWith("# yaml-language-server: $schema=pruning.schema.json\n");
        recipe.ShouldContain($"device: {device}\n");
        File.ReadAllText(Path.Combine(directory, "pruning.schema.json")).ShouldBe(File.ReadAllText(Path.Combine(Repository.Root, "schemas", "pruning.schema.json")));
        feed.Run(directory, BuildOutput.Tool, "validate").ShouldContain("is valid: pruned");
    }

    [Fact]
    public void Names_of_any_kind_are_written_so_that_they_are_read()
    {
        string directory = Install();
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
        File.ReadAllText(Path.Combine(templates, "pruning", "pruning.yaml")).ShouldBe(File.ReadAllText(Path.Combine(templates, "sparsellm", "pruning.yaml")));
    }

    /// <summary>A directory in which <c>dotnet new</c> knows the templates.</summary>
    private string Install()
    {
        string directory = feed.NewDirectory();
        feed.Run(directory, "new", "install", "SparseLlm.Templates@" + feed.Version, "--nuget-source", feed.Source, "--force");
        Shorten("sample-calibration.txt");
        Shorten("sample-eval.txt");
        return directory;

        // What is measured is not what these tests are about.
        void Shorten(string text) => File.WriteAllText(Path.Combine(directory, text), File.ReadAllText(Repository.Text(text))[..TextLength]);
    }

    private static string[] Parameters(string method, string device, string folder) =>
    [
        "--model", Repository.Model("tiny-opt"), "--method", method, "--sparsity", "0.25", "--device", device, "--samples", "4",
        "--calibration", folder + "sample-calibration.txt", "--evaluation", folder + "sample-eval.txt",
    ];
}
