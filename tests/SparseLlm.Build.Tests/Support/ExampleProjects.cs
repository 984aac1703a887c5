namespace SparseLlm.Build.Tests.Support;

/// <summary>The projects in the folder Projects, of which each test has a copy.</summary>
internal sealed class ExampleProjects
{
    private static readonly string[] TextsOfNuGet = [".json", ".cache", ".props", ".targets"];

    private readonly PackageFeed feed;
    private readonly string restored;

    /// <summary>Restores all of them: a copy needs no restore of its own, which takes longer than its build.</summary>
    public ExampleProjects(PackageFeed feed)
    {
        this.feed = feed;
        restored = feed.NewDirectory();
        CopyFiles(Sources, restored, File.Copy);
        feed.Run(restored, "msbuild", "Restore.proj", "-nodeReuse:false");
    }

    private static string Sources { get; } =
        Path.Combine(Repository.Root, "tests", "SparseLlm.Build.Tests", "Projects");

    /// <summary>A copy that is restored already.</summary>
    /// <returns>Its directory.</returns>
    public string Copy(string name)
    {
        string copy = Path.Combine(feed.NewDirectory(), name);
        CopyFiles(Path.Combine(restored, name), copy, CopyRestored);
        return copy;

        // What NuGet has written tells where the project is.
        void CopyRestored(string source, string target)
        {
            if (TextsOfNuGet.Contains(Path.GetExtension(source)) && Path.GetDirectoryName(source)!.EndsWith("obj"))
            {
                File.WriteAllText(target, File.ReadAllText(source)
                    .Replace(Path.Combine(restored, name), copy)
                    .Replace(Escaped(Path.Combine(restored, name)), Escaped(copy)));
            }
            else
            {
                File.Copy(source, target);
            }
        }
    }

    /// <summary>A copy as whoever clones it has it.</summary>
    /// <returns>Its directory.</returns>
    public string CopySources(string name)
    {
        string copy = Path.Combine(feed.NewDirectory(), name);
        CopyFiles(Path.Combine(Sources, name), copy, File.Copy);
        return copy;
    }

    private static void CopyFiles(string source, string target, Action<string, string> copy)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string place = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            copy(file, place);
        }
    }

    /// <summary>A path as JSON has it.</summary>
    private static string Escaped(string path) => path.Replace(@"\", @"\\");
}
