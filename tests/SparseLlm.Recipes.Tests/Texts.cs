using SparseLlm.Diagnostics;

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

    [Theory]
    [InlineData("table.csv", "id,text\n", "SLM3013", "table.csv: a table (.csv) is not read")]
    [InlineData("data/records.txt", "{\"text\": \"x\"}\n", "SLM3013", "records.txt: the file is called text, but its lines are JSON records")]
    [InlineData("pointer.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "SLM3014", "pointer.txt: this is a Git LFS pointer")]
    [InlineData("x.jsonl", "\n{\"body\": \"x\"}\n", "SLM3001", "x.jsonl(2,1): the record has no string field 'text'")]
    [InlineData("x.npy", "x", "SLM3001", "x.npy: the file is not a NumPy array")]
    public void What_cannot_be_read_is_reported_where_the_recipe_names_it(string name, string content, string code, string message)
    {
        folder.AddFile(name);
        File.WriteAllText(folder.At(name), content);
        foreach (string text in (string[])[name, Path.GetDirectoryName(name) + "/*" + Path.GetFileName(name)[1..]])
        {
            string marked = $"version: 1\nmodel: model\ncalibration: {{ text: [calibration.txt, «\"{text.TrimStart('/')}\"»] }}\nevaluation: {{ perplexity: {{ p: «\"{text.TrimStart('/')}\"» }} }}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n";
            Diagnostic[] mistakes = [.. folder.ReadMarked(name.EndsWith(".npy") ? marked.Replace("calibration.txt, ", "") : marked)];
            mistakes.Select(mistake => mistake.Code).ShouldBe([code, code]);
            mistakes.ShouldAllBe(mistake => mistake.Message.Contains(message));
        }
    }

    [Fact]
    public void The_first_record_is_looked_at_for_the_field_that_the_recipe_names()
    {
        folder.AddFile("x.jsonl");
        File.WriteAllText(folder.At("x.jsonl"), "{\"body\": \"x\"}\n");
        const string recipe = "version: 1\nmodel: model\ncalibration: { text: x.jsonl, field: FIELD }\nartifacts: { a: { sparsity: 0.5 } }\n";
        folder.ReadValid(recipe.Replace("FIELD", "body"));
        folder.Read(recipe.Replace("FIELD", "text")).Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("no string field 'text'");
    }

    [SkippableFact]
    public void A_device_is_not_read_for_ever()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "there is no such thing here");
        Diagnostic mistake = folder.ReadMarked("version: 1\nmodel: model\ncalibration: { text: «/dev/zero» }\nartifacts: { a: { sparsity: 0.5 } }\n").ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM3001");
        mistake.Message.ShouldContain("a device and not a regular file");
    }

    private IReadOnlyList<string> Read(string text) => folder
        .ReadValid($"version: 1\nmodel: model\ncalibration:\n  text: {text}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n")
        .Calibration!.Text.Paths;
}
