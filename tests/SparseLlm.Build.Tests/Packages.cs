using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

/// <summary>What is in the packages.</summary>
public sealed class Packages
{
    private readonly PackageFeed feed = PackageFeed.Shared;

    private const long LargestTool = 30_000_000;

    /// <summary>The libraries that the tool is made of.</summary>
    private static readonly string[] OfTheTool
        = ["Diagnostics", "Files", "Hub", "Models", "Numerics", "Pipeline", "Pruning", "Recipes", "Runtime"];

    private static readonly string[] Libraries = [.. OfTheTool, "Numerics.TorchSharp"];

    [Fact]
    public void The_solution_packs_the_tool_the_build_the_templates_and_the_libraries() =>
        Directory.EnumerateFiles(feed.Source).Select(Path.GetFileName).ShouldBe(
            ((string[])[.. Libraries, "Build", "Templates", "Tool"]).Select(
                name => $"SparseLlm.{name}.{feed.Version}.nupkg"), ignoreOrder: true);

    [Fact]
    public void Every_package_has_description_licence_readme_and_icon()
    {
        foreach (string path in Directory.EnumerateFiles(feed.Source))
        {
            using ZipArchive package = ZipFile.OpenRead(path);
            XElement about = Nuspec(package);
            about.Value("license").ShouldBe("MIT", path);
            about.Value("description").Length.ShouldBeGreaterThan(30, path);
            about.Value("authors").ShouldBe("The SparseLlm.Build authors", path);
            Read(package, about.Value("readme")).ShouldNotBeEmpty(path);
            Read(package, about.Value("icon"))[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G'], path);
        }
    }

    [Fact]
    public void Every_assembly_is_deterministic_and_brings_its_symbols()
    {
        int assemblies = 0;
        foreach (string path in Directory.EnumerateFiles(feed.Source))
        {
            using ZipArchive package = ZipFile.OpenRead(path);
            foreach (ZipArchiveEntry entry in package.Entries.Where(IsOurs))
            {
                using var assembly = new PEReader(new MemoryStream(Read(package, entry.FullName)));
                assembly.ReadDebugDirectory().Select(debug => debug.Type).ShouldBeSubsetOf(
                    [DebugDirectoryEntryType.CodeView, DebugDirectoryEntryType.PdbChecksum,
                        DebugDirectoryEntryType.Reproducible, DebugDirectoryEntryType.EmbeddedPortablePdb]);
                assembly.ReadDebugDirectory()
                    .ShouldContain(debug => debug.Type == DebugDirectoryEntryType.Reproducible, entry.FullName);
                assembly.ReadDebugDirectory()
                    .ShouldContain(debug => debug.Type == DebugDirectoryEntryType.EmbeddedPortablePdb, entry.FullName);
                assemblies++;
            }
        }

        // The libraries on their own, and with the tool in its package and in that of the build, which has its task
        // besides.
        assemblies.ShouldBe(Libraries.Length + 2 * (OfTheTool.Length + 1) + 1);
    }

    [Fact]
    public void The_build_brings_the_schema_of_recipes_and_a_page_for_every_code()
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(feed.Source, $"SparseLlm.Build.{feed.Version}.nupkg"));

        Read(package, "schemas/pruning.schema.json").ShouldBe(
            File.ReadAllBytes(Path.Combine(Repository.Root, "schemas", "pruning.schema.json")));
        package.Entries.Where(entry => entry.FullName.StartsWith("diagnostics/", StringComparison.Ordinal))
            .Select(entry => entry.Name)
            .ShouldBe(Directory.GetFiles(Path.Combine(Repository.Root, "docs", "diagnostics"), "SLM*.md")
                .Select(Path.GetFileName), ignoreOrder: true);
    }

    [Fact]
    public void Every_library_brings_the_documentation_of_its_members()
    {
        foreach (string name in Libraries)
        {
            using ZipArchive package = ZipFile.OpenRead(
                Path.Combine(feed.Source, $"SparseLlm.{name}.{feed.Version}.nupkg"));
            var documentation = XElement.Load(new MemoryStream(Read(package, $"lib/net10.0/SparseLlm.{name}.xml")));
            documentation.Descendants("member").Count().ShouldBeGreaterThan(20, name);
            package.GetEntry($"lib/net10.0/SparseLlm.{name}.dll").ShouldNotBeNull();
        }
    }

    [Fact]
    public void The_package_of_the_tool_is_below_30_MB() =>
        new FileInfo(Path.Combine(feed.Source, $"SparseLlm.Tool.{feed.Version}.nupkg")).Length
            .ShouldBeLessThan(LargestTool);

    [Fact]
    public void The_templates_refer_to_the_packages_they_come_with() =>
        File.ReadAllText(Path.Combine(Repository.Root, "templates", "content", "sparsellm", "PrunedModels.csproj"))
            .ShouldContain($"""Include="SparseLlm.Build" Version="{feed.Version}" """.TrimEnd());

    [Fact]
    public void Packing_again_gives_the_same_bytes()
    {
        string target = feed.NewDirectory();
        feed.Pack("src/SparseLlm.Build.Tasks", target);

        string package = Directory.EnumerateFiles(target).Single();
        File.ReadAllBytes(package).ShouldBe(File.ReadAllBytes(Path.Combine(feed.Source, Path.GetFileName(package))));
    }

    private static bool IsOurs(ZipArchiveEntry entry) =>
        entry.Name.EndsWith(".dll", StringComparison.Ordinal)
            && (entry.Name.StartsWith("SparseLlm.", StringComparison.Ordinal) || entry.Name == "dotnet-sparsellm.dll");

    private static XElement Nuspec(ZipArchive package)
    {
        ZipArchiveEntry entry = package.Entries
            .Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal));
        return XElement.Load(new MemoryStream(Read(package, entry.FullName))).Elements().Single();
    }

    private static byte[] Read(ZipArchive package, string path)
    {
        using Stream content = package.GetEntry(path)!.Open();
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }
}
