using SparseLlm.Pipeline.Engines.Installing;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What is told of the lines that the SDK prints when an engine cannot be published.</summary>
public sealed class PublishingEngines
{
    private readonly PublishErrors errors = new();

    [Fact]
    public void A_version_that_is_not_there_is_told_with_the_nearest_one_of_each_source()
    {
        Print(
            "/engines/.0/project/SparseLlm.Worker.csproj : error NU1102: Unable to find package TorchSharp with "
            + "version (= 0.106.0)",
            "/engines/.0/project/SparseLlm.Worker.csproj : error NU1102:   - Found 1 version(s) in nuget.org [ Nearest "
            + "version: 0.107.0 ]",
            "/engines/.0/project/SparseLlm.Worker.csproj : error NU1102:   - Found 0 version(s) in feed",
            "/engines/.0/project/SparseLlm.Worker.csproj : error NU1102: Unable to find package TorchSharp-cpu with "
            + "version (= 0.106.0)");
        errors.All.ShouldBe(
        [
            "NU1102: Unable to find package TorchSharp with version (= 0.106.0); Found 1 version(s) in nuget.org [ "
            + "Nearest version: 0.107.0 ]; Found 0 version(s) in feed",
            "NU1102: Unable to find package TorchSharp-cpu with version (= 0.106.0)",
        ]);
    }

    [Fact]
    public void Errors_are_told_without_the_files_that_the_tool_has_written()
    {
        Print(
            "/sdk/NuGet.targets(782,5): error : File '/nothing.config' does not exist. "
            + "[/engines/.0/project/SparseLlm.Worker.csproj]",
            "/sdk/Common.targets(5096,5): error MSB3021: Unable to copy file \"a\" to \"b\". No space left on device "
            + "[/engines/.0/project/SparseLlm.Worker.csproj]");
        errors.All.ShouldBe(["File '/nothing.config' does not exist",
            "MSB3021: Unable to copy file \"a\" to \"b\". No space left on device"]);
    }

    [Theory]
    [InlineData("  Determining projects to restore...")]
    [InlineData(
        "SparseLlm.Worker.csproj : warning NU1900: an error occurred while getting data [SparseLlm.Worker.csproj]")]
    [InlineData("    0 Error(s)")]
    public void Other_lines_are_no_errors(string line) => errors.TryAdd(line).ShouldBeFalse();

    private void Print(params string[] lines) => lines.ShouldAllBe(line => errors.TryAdd(line));
}
