using System.Reflection;

namespace SparseLlm.Build.Tests.Support;

/// <summary>What was built along with the tests.</summary>
internal static class BuildOutput
{
    /// <summary>The configuration of the tests, in which what they pack was built too.</summary>
    public static string Configuration { get; } =
        typeof(BuildOutput).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The tool itself.</summary>
    public static string Tool { get; } = Path.Combine(
        Repository.Root,
        "src",
        "SparseLlm.Tool",
        "bin",
        Configuration,
        "net10.0",
        "dotnet-sparsellm.dll");

    /// <summary>The program that stands in for the tool.</summary>
    public static string FakeTool { get; } = Path.Combine(
        Repository.Root, "tests", "SparseLlm.Build.Tests", "FakeTool", "bin", Configuration, "net10.0", "FakeTool.dll");
}
