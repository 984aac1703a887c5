namespace SparseLlm.Recipes.Tests;

public sealed class Texts : IDisposable
{
    private readonly RecipeFolder folder = new();

    public Texts()
    {
        foreach (string file in new[] { "data/b.txt", "data/a.txt", "data/Y.txt", "data/c.jsonl", "data/deep/er/a.txt", "data/deep/z.txt" })
            folder.AddFile(file);
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("data/*.txt", "data/Y.txt data/a.txt data/b.txt")]
    [InlineData("data/**/*.txt", "data/Y.txt data/a.txt data/b.txt data/deep/er/a.txt data/deep/z.txt")]
    [InlineData("./data/deep/**", "data/deep/er/a.txt data/deep/z.txt")]
    [InlineData("data/*/z.*", "data/deep/z.txt")]
    [InlineData("model/../data/c*", "data/c.jsonl")]
    [InlineData("data/b.txt", "data/b.txt")]
    [InlineData("[data/b.txt, \"data/deep/**\", data/a.txt]", "data/b.txt data/deep/er/a.txt data/deep/z.txt data/a.txt")]
    public void Globs_are_sorted_ordinally_and_lists_keep_their_order(string text, string expected) =>
        Read(text).ShouldBe(expected.Split(' ').Select(folder.At));

    [Fact]
    public void Globs_may_be_absolute() =>
        Read($"{folder.Path}/data/d*/*.txt").ShouldBe([folder.At("data/deep/z.txt")]);

    [Fact]
    public void Paths_are_relative_to_the_recipe_not_to_the_current_directory()
    {
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder.RecipePath);
        Read("data/a.txt");

        RecipeReader.Read(relative, new(0, 1, 0)).Require().Calibration!.Text.Paths.ShouldBe([folder.At("data/a.txt")]);
    }

    private IReadOnlyList<string> Read(string text) => folder
        .ReadValid($"version: 1\nmodel: model\ncalibration:\n  text: {text}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n")
        .Calibration!.Text.Paths;
}
