using System.Diagnostics;

namespace SparseLlm.Docs.Tests.Support;

/// <summary>A clone of the repository as it stands here, changes that are not committed included, in a folder by a name
/// that no page knows.</summary>
public sealed class Clone : IDisposable
{
    private const int EvaluationLength = 8_000;
    private const int Samples = 32;

    private readonly TempDirectory directory = new();
    private int machines;

    public Clone()
    {
        foreach (string file in Files().Where(file => File.Exists(Path.Combine(Repository.Root, file))))
        {
            string copy = Path.Combine(Root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Repository.Root, file), copy);
        }

        // The pages are about what is typed, not about what is measured, which takes as long as there is text.
        Rewrite(Path.Combine("samples", "data", "sample-eval.txt"), text => text[..EvaluationLength]);
        foreach (string recipe in Directory.GetFiles(
            Path.Combine(Root, "samples"),
            "pruning.yaml",
            SearchOption.AllDirectories))
        {
            Rewrite(recipe, text => text.Replace("samples: 128", $"samples: {Samples}"));
        }
    }

    /// <summary>Its root. What is beside it belongs to the test.</summary>
    public string Root => directory["a clone"];

    /// <summary>The cache of all machines, so that no page prunes what another one has.</summary>
    public string Cache => directory["cache"];

    internal Machine NewMachine() => new(directory["home" + machines++], this);

    public void Dispose() => directory.Dispose();

    private void Rewrite(string file, Func<string, string> change)
    {
        string path = Path.Combine(Root, file);
        File.WriteAllText(path, change(File.ReadAllText(path)));
    }

    private static string[] Files()
    {
        using Process git = Process.Start(
            new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true
            })!;
        string files = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0, "the repository is cloned by git");
        return files.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }
}
