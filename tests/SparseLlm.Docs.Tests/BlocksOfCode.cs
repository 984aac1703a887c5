using SparseLlm.Docs.Tests.Support;

namespace SparseLlm.Docs.Tests;

/// <summary>
/// The rules for blocks of code, by which a reader and <see cref="FollowingThePages"/> know what to type, and where:
/// CONTRIBUTING.md has them in words.
/// </summary>
public sealed class BlocksOfCode
{
    /// <summary>What may stand in a block that is not typed into a shell.</summary>
    private static readonly string[] OtherLanguages
        = ["yaml", "xml", "json", "csharp", "nginx", "powershell", "python", "dockerfile", "text"];

    public static TheoryData<string> Pages => [.. Page.All];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_block_says_whether_it_is_typed_into_a_shell(string path)
    {
        foreach (CodeBlock block in new Page(path).Blocks)
        {
            string place = $"{path}:{block.Line}";
            block.Language.ShouldNotBeEmpty($"{place}: fence the block, and name its language: '{CodeBlock.Commands}' "
                + $"where it is to be typed, else one of {string.Join(", ", OtherLanguages)}");
            if (!block.IsCommands)
            {
                OtherLanguages.ShouldContain(block.Language, place);
                block.Text.Split('\n').ShouldNotContain(
                    line => line.StartsWith("dotnet ", StringComparison.Ordinal),
                    $"{place}: a command is in a block of '{CodeBlock.Commands}'");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_block_of_commands_that_is_not_run_says_what_it_needs(string path)
    {
        foreach (CodeBlock block in new Page(path).Blocks.Where(block => block.IsCommands && !block.IsRun))
        {
            block.Remark.ShouldStartWith(CodeBlock.Needs, Case.Sensitive, $"{path}:{block.Line}");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_says_where_its_commands_start(string path)
    {
        var page = new Page(path);
        if (page.Blocks.FirstOrDefault(block => block.IsRun) is { } first)
        {
            page.Above(first).ShouldContain("root of the repository", customMessage: $"{path}:{first.Line}");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_pipeline_runs_commands_that_its_page_has_to_be_typed(string path)
    {
        var page = new Page(path);
        string[] typed = [.. page.Blocks.Where(block => block.IsRun).SelectMany(block => block.Text.Split('\n'))];
        foreach (CodeBlock pipeline in page.Blocks.Where(block => block.Language == "yaml"))
        {
            foreach (string command in pipeline.Text.Split('\n').Select(CommandOfStep).OfType<string>())
            {
                typed.ShouldContain(command, $"{path}:{pipeline.Line}");
            }
        }
    }

    /// <summary>The call of <c>dotnet</c> in a line of a pipeline.</summary>
    private static string? CommandOfStep(string line) =>
        ((string[])["- run: ", "- script: "])
            .Where(step => line.TrimStart().StartsWith(step + "dotnet ", StringComparison.Ordinal))
            .Select(step => line.TrimStart()[step.Length..])
            .FirstOrDefault();
}
