namespace SparseLlm.Files.Tests;

/// <summary>Two names of one place are told to be one.</summary>
public sealed class FollowingLinks : IDisposable
{
    private readonly TempDirectory folder = new();

    // The folder for temporary files may be behind a link itself.
    private string Root => ResolvedPath.Of(folder.Path);

    [Fact]
    public void Links_are_followed_wherever_they_stand_in_a_path_and_to_their_end()
    {
        Directory.CreateDirectory(folder["disk/models/opt"]);
        Directory.CreateSymbolicLink(folder["models"], "disk/models");
        Directory.CreateSymbolicLink(folder["again"], folder["models"]);
        Directory.CreateSymbolicLink(folder["disk/models/back"], "../../again/opt");
        string place = Path.Combine(Root, "disk", "models", "opt");
        foreach (string name in (string[])["disk/models/opt", "models/opt", "again/opt/", "models/back",
            "models/../again/back"])
        {
            ResolvedPath.Of(folder[name]).ShouldBe(place, name);
        }

        ResolvedPath.Of(folder["models/not/there"]).ShouldBe(Path.Combine(Root, "disk", "models", "not", "there"));
    }

    [Fact]
    public void Links_to_what_is_not_there_lead_there_all_the_same()
    {
        File.CreateSymbolicLink(folder["link"], "not/there");
        ResolvedPath.Of(folder["link"]).ShouldBe(Path.Combine(Root, "not", "there"));
    }

    [Fact]
    public void A_circle_is_an_error()
    {
        File.CreateSymbolicLink(folder["one"], "other");
        File.CreateSymbolicLink(folder["other"], "one");
        Should.Throw<IOException>(() => ResolvedPath.Of(folder["one/file"]));
    }

    [Theory]
    [InlineData("a/b", true)]
    [InlineData("a/b/c/d", true)]
    [InlineData("a/bc", false)]
    [InlineData("a", false)]
    public void What_is_within_a_directory_is_told_by_whole_names(string path, bool isWithin)
    {
        ResolvedPath.IsWithin(folder[path], folder["a/b"]).ShouldBe(isWithin);
        ResolvedPath.IsWithin(folder[path], Path.GetPathRoot(folder.Path)!).ShouldBeTrue();
    }

    public void Dispose() => folder.Dispose();
}
