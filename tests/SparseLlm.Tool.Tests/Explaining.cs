using System.Reflection;
using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;

namespace SparseLlm.Tool.Tests;

/// <summary>Every diagnostic has a page, and every page a diagnostic.</summary>
public sealed partial class Explaining
{
    private static readonly string Pages = Path.Combine(Repository.Root, "docs", "diagnostics");

    private static readonly string[] Parts = ["What happened", "Why", "What to do", "Example"];

    [Fact]
    public void Every_code_has_a_page_and_every_page_a_code()
    {
        string[] codes = [.. Libraries().SelectMany(Descriptors).Select(descriptor => descriptor.Code)
            .Concat(BuildCodes())
            .Order(StringComparer.Ordinal)];
        codes.ShouldBeUnique();
        codes.Length.ShouldBeGreaterThan(50);
        Directory.EnumerateFiles(Pages, "SLM*.md").Select(Path.GetFileNameWithoutExtension)
            .Order(StringComparer.Ordinal)
            .ShouldBe(codes);
        string index = File.ReadAllText(Path.Combine(Pages, "README.md"));
        foreach (string code in codes)
        {
            string page = File.ReadAllText(Path.Combine(Pages, code + ".md"));
            page.ShouldStartWith($"# {code}: ");
            Parts.Select(part => page.IndexOf($"\n**{part}.**", StringComparison.Ordinal)).ShouldBeInOrder();
            Parts.ShouldAllBe(part => page.Contains($"\n**{part}.**", StringComparison.Ordinal), code);
            page[page.IndexOf("**Example.**", StringComparison.Ordinal)..]
                .ShouldMatch($"```text\n.*(error|warning|note) {code}: .+\n```\n$");
            index.ShouldContain($"({code}.md)");
        }
    }

    [Fact]
    public void The_tool_prints_the_page_and_an_error_names_the_command()
    {
        ToolRun.Of("explain", "slm1003").Output.ShouldBe(File.ReadAllText(Path.Combine(Pages, "SLM1003.md")));
        ToolRun unknown = ToolRun.Of("explain", "SLM9999");
        unknown.ExitCode.ShouldBe(2);
        unknown.Error.ShouldContain("dotnet sparsellm explain SLM5001");
    }

    private static IEnumerable<Assembly> Libraries() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(path => Path.GetFileName(path) is "dotnet-sparsellm.dll" || (Path.GetFileName(path).StartsWith(
                "SparseLlm.",
                StringComparison.Ordinal) && !path.Contains(".Tests.", StringComparison.Ordinal)))
            .Select(Assembly.LoadFrom);

    private static IEnumerable<DiagnosticDescriptor> Descriptors(Assembly assembly) =>
        from type in assembly.GetTypes()
        from member in type.GetMembers(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        let value = member switch
        {
            FieldInfo field when field.FieldType == typeof(DiagnosticDescriptor)
                && !field.Name.Contains('<', StringComparison.Ordinal) => field.GetValue(null),
            PropertyInfo property when property.PropertyType == typeof(DiagnosticDescriptor) => property.GetValue(null),
            _ => null,
        }
        where value is not null
        select (DiagnosticDescriptor)value;

    /// <summary>What targets and tasks say by themselves.</summary>
    private static IEnumerable<string> BuildCodes() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "build"), "*.targets")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "SparseLlm.Build.Tasks"), "*.cs"))
            .SelectMany(path => BuildCode().Matches(File.ReadAllText(path)).Select(match => match.Value))
            .Distinct();

    [GeneratedRegex("SLM51[0-9]{2}")]
    private static partial Regex BuildCode();
}
