using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Recipes.Tests;

public sealed class Texts : IDisposable
{
    private readonly RecipeFolder folder = new();

    public Texts()
    {
        foreach (string file in new[]
        {
            "data/b.txt",
            "data/a.txt",
            "data/Y.txt",
            "data/c.jsonl",
            "data/deep/er/a.txt",
            "data/deep/z.txt"
        })
        {
            folder.AddFile(file);
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("data/*.txt", "data/Y.txt data/a.txt data/b.txt")]
    [InlineData("data/**/*.txt", "data/Y.txt data/a.txt data/b.txt data/deep/er/a.txt data/deep/z.txt")]
    [InlineData("./data/deep/**", "data/deep/er/a.txt data/deep/z.txt")]
    [InlineData("data/*/z.*", "data/deep/z.txt")]
    [InlineData("model/../data/c*", "data/c.jsonl")]
    [InlineData("data/b.txt", "data/b.txt")]
    [InlineData(
        "[data/b.txt, \"data/deep/**\", data/a.txt]",
        "data/b.txt data/deep/er/a.txt data/deep/z.txt data/a.txt")]
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
    [InlineData(
        "data/records.txt",
        "{\"text\": \"x\"}\n",
        "SLM3013",
        "records.txt: the file is called text, but its lines are JSON records")]
    [InlineData(
        "pointer.txt",
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "SLM3014",
        "pointer.txt: this is a Git LFS pointer")]
    [InlineData("x.jsonl", "\n{\"body\": \"x\"}\n", "SLM3001", "x.jsonl(2,1): the record has no string field 'text'")]
    [InlineData("x.npy", "x", "SLM3001", "x.npy: the file is not a NumPy array")]
    public void What_cannot_be_read_is_reported_where_the_recipe_names_it(
        string name,
        string content,
        string code,
        string message)
    {
        folder.AddFile(name);
        File.WriteAllText(folder.At(name), content);
        foreach (string text in (string[])[name, Path.GetDirectoryName(name) + "/*" + Path.GetFileName(name)[1..]])
        {
            string marked = $"version: 1\nmodel: model\ncalibration: {{ text: [calibration.txt, "
                + $"«\"{text.TrimStart('/')}\"»] }}\nevaluation: {{ perplexity: {{ p: «\"{text.TrimStart('/')}\"» }} "
                + $"}}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n";
            Diagnostic[] mistakes = [.. folder.ReadMarked(
                name.EndsWith(".npy") ? marked.Replace("calibration.txt, ", "") : marked)];
            mistakes.Select(mistake => mistake.Code).ShouldBe([code, code]);
            mistakes.ShouldAllBe(mistake => mistake.Message.Contains(message));
        }
    }

    [Fact]
    public void The_first_record_is_looked_at_for_the_field_that_the_recipe_names()
    {
        folder.AddFile("x.jsonl");
        File.WriteAllText(folder.At("x.jsonl"), "{\"body\": \"x\"}\n");
        const string recipe = "version: 1\nmodel: model\ncalibration: { text: x.jsonl, field: FIELD }\nartifacts: { a: "
            + "{ sparsity: 0.5 } }\n";
        folder.ReadValid(recipe.Replace("FIELD", "body"));
        folder.Read(recipe.Replace("FIELD", "text")).Diagnostics.ShouldHaveSingleItem().Message
            .ShouldContain("no string field 'text'");
    }

    [Fact]
    public void How_records_are_read_is_part_of_a_text()
    {
        folder.AddFile("x.jsonl");
        File.WriteAllText(folder.At("x.jsonl"), "{\"a\": {\"b\": [\"x\"]}}\n");
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: model
            calibration: { text: x.jsonl, field: "a.b[]", join: "\n\n", records: 10 }
            evaluation: { perplexity: { p: { text: x.jsonl, field: "a.b[]", join: "", windows: 5 } } }
            artifacts: { a: { sparsity: 0.5 } }

            """);
        TextSource text = recipe.Calibration!.Text;
        (text.Field, text.Join, text.Records, text.Chat).ShouldBe(("a.b[]", "\n\n", 10, null));
        PerplexityText measured = recipe.Perplexities.Single();
        (measured.Text.Field, measured.Text.Join, measured.Text.Records, measured.Windows).ShouldBe(
            ("a.b[]", "", null, 5));
    }

    [Fact]
    public void Conversations_are_looked_at_for_their_messages()
    {
        folder.AddFile("x.jsonl");
        File.WriteAllText(folder.At(
            "x.jsonl"), "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"turns\": [{\"from\": \"human\", "
                + "\"value\": \"x\"}]}\n");
        const string recipe = "version: 1\nmodel: model\ncalibration: { text: x.jsonl, chat: FIELD }\nartifacts: { a: "
            + "{ sparsity: 0.5 } }\n";
        folder.ReadValid(recipe.Replace("FIELD", "messages")).Calibration!.Text.Chat.ShouldBe("messages");
        folder.Read(recipe.Replace("FIELD", "turns")).Diagnostics.ShouldHaveSingleItem().Message
            .ShouldContain("the messages have 'from' and 'value'");
        folder.ReadMarked(recipe.Replace("FIELD", "messages, «field»: x")).ShouldHaveSingleItem().Message
            .ShouldContain("'field' and 'chat' exclude each other");
        folder.ReadMarked(recipe.Replace("FIELD", "messages, «join»: x")).ShouldHaveSingleItem().Code
            .ShouldBe("SLM1014");
        folder.Read(recipe.Replace("FIELD", "messages").Replace("x.jsonl", "data/a.txt")).Diagnostics
            .ShouldHaveSingleItem()
            .Code
            .ShouldBe("SLM3013");
    }

    [Fact]
    public void A_glob_over_several_forms_reads_each_and_says_which_is_none()
    {
        foreach (string name in (string[])["mixed/a.txt", "mixed/b.jsonl", "mixed/c.csv", "mixed/d.parquet"])
        {
            folder
            .AddFile(name);
        }

        File.WriteAllText(folder.At("mixed/b.jsonl"), "{\"text\": \"x\"}\n");
        string[] mistakes = [.. folder.Read(
            "version: 1\nmodel: model\ncalibration: { text: \"mixed/*\" }\nartifacts: { a: { sparsity: 0.5 } }\n").Diagnostics.Select(mistake => mistake.Message)];
        mistakes.Length.ShouldBe(2);
        mistakes[0].ShouldContain("c.csv: a table (.csv) is not read");
        mistakes[1].ShouldContain("d.parquet: the Parquet file cannot be read");
    }

    [Fact]
    public void A_data_set_is_named_in_place_of_a_text()
    {
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: model
            calibration: { dataset: c4, samples: 16 }
            evaluation: { perplexity: { wiki: { dataset: wikitext2, sequenceLength: 512 }, web: { dataset: c4 }, few: { dataset: c4, windows: 8 } } }
            artifacts: { a: { sparsity: 0.5 } }

            """);
        recipe.Calibration!.Text.ShouldBe(NamedDataSet.Find("c4")!.Calibration);
        recipe.Calibration.Settings.Samples.ShouldBe(16);
        TextSource wiki = recipe.Perplexities[0].Text;
        wiki.Paths.ShouldBe([
            "hf://datasets/Salesforce/wikitext/wikitext-2-raw-v1/test-00000-of-00001.parquet@b08601e04326c79dfdd32d625aee71d232d685c3"]);
        (wiki.Join, wiki.Records, recipe.Perplexities[0].Windows, recipe.Perplexities[0].SequenceLength).ShouldBe(
            ("\n\n", null, null, 512));
        TextSource web = recipe.Perplexities[1].Text;
        web.Paths.ShouldBe(["hf://datasets/allenai/c4/en/c4-validation.00000-of-00008.json.gz@1588ec454efa1a09f29cd18ddd04fe05fc8653a2"]);
        (web.Join, web.Records, recipe.Perplexities[1].Windows).ShouldBe((" ", 1100, 256));
        recipe.Perplexities[2].Windows.ShouldBe(8);
    }

    [Fact]
    public void The_page_on_texts_says_what_every_data_set_is()
    {
        string page = File.ReadAllText(Path.Combine(Schema.RepositoryRoot(), "docs", "text.md"));
        foreach (NamedDataSet set in NamedDataSet.All)
        {
            page.ShouldContain($"`{set.Name}`");
            page.ShouldContain(set.Licence);
            foreach (string address in set.Calibration.Paths.Concat(set.Evaluation.Paths))
            {
                // hf://datasets/owner/name/file@commit
                string[] parts = address["hf://datasets/".Length..].Split('@');
                string[] names = parts[0].Split('/', 3);
                page.ShouldContain($"`{names[0]}/{names[1]}`");
                page.ShouldContain($"`{names[2]}`");
                page.ShouldContain($"`{parts[1]}`");
            }

            page.ShouldContain(set.Windows is { } windows ? $"{windows} windows" : set.Name);
            page.ShouldContain(set.Evaluation.Records is { } records ? $"first {records} documents" : set.Name);
        }
    }

    [SkippableFact]
    public void A_device_is_not_read_for_ever()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "there is no such thing here");
        Diagnostic mistake = folder.ReadMarked(
            "version: 1\nmodel: model\ncalibration: { text: «/dev/zero» }\nartifacts: { a: { sparsity: 0.5 } }\n")
                .ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM3001");
        mistake.Message.ShouldContain("a device and not a regular file");
    }

    private IReadOnlyList<string> Read(string text) => folder
        .ReadValid($"version: 1\nmodel: model\ncalibration:\n  text: {text}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n")
        .Calibration!.Text.Paths;
}
