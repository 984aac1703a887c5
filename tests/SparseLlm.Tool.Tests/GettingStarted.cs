namespace SparseLlm.Tool.Tests;

/// <summary>Every command of the tool in docs/getting-started.md, one after the other, as a newcomer would type them.</summary>
public sealed class GettingStarted
{
    [Fact]
    public void Every_command_of_the_page_works()
    {
        using var directory = new TempDirectory();
        Copy(Path.Combine(Repository.Root, "samples", "models"), directory["models"]);
        Copy(Path.Combine(Repository.Root, "samples", "data"), directory["data"]);
        string[] commands =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "docs", "getting-started.md"))
                .Where(line => line.StartsWith("    dotnet sparsellm ", StringComparison.Ordinal))
                .Select(line => line["    dotnet sparsellm ".Length..]),
        ];
        commands.Length.ShouldBeGreaterThan(8);
        foreach (string command in commands)
        {
            ToolProcess run = ToolProcess.RunIn(directory.Path, directory["cache"], command.Split(' '));
            run.ExitCode.ShouldBe(0, $"{command}: {run.Error}");
        }

        File.Exists(directory["pruning.lock.json"]).ShouldBeTrue();
        ToolProcess.RunIn(directory.Path, directory["cache"], "status", "--exit-code").ExitCode.ShouldBe(0);
    }

    private static void Copy(string source, string target)
    {
        foreach (string path in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }
}
