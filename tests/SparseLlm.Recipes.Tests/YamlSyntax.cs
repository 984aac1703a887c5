using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Tests;

public sealed class YamlSyntax : IDisposable
{
    private const string Valid = "version: 1\nmodel: model\nartifacts: { a: { method: magnitude, sparsity: 0.5 } }\n";

    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("«»", "the recipe is empty")]
    [InlineData("«»# nothing but a comment\n", "the recipe is empty")]
    [InlineData("version: 1\n«\t»model: model\n", "a tab cannot indent YAML")]
    [InlineData("version: 1\ncalibration:\n  text: x\n «\t»samples: 1\n", "a tab cannot indent YAML")]
    [InlineData(
        "version: 1\nmodel: «\"open\n»",
        "invalid YAML: while scanning a quoted scalar, found unexpected end of stream")]
    [InlineData("version: 1\nmodel: «@»model\n", "invalid YAML")]
    [InlineData("version: [«1», 2\nmodel: model\n", "check that every bracket, brace and quote is closed")]
    [InlineData("requires: [«0.1»,1.0)\nversion: 1\n", "a version range must be in quotes")]
    [InlineData("version: !!i[[ 1\n", null)]
    [InlineData("version: !<x 1\n", null)]
    [InlineData("%TAG ! !\n%TAG ! !\n---\nversion: 1\n", null)]
    [InlineData("...\n...\n", null)]
    [InlineData("\u2028: [&a\u0085 1", null)]
    [InlineData("version: \"\\ud800\"\n", null)]
    [InlineData("version: 1 # end«\0»\nmodel: model\n", "the control character U+0000 cannot stand in YAML")]
    [InlineData("version: 1\nmodel: \"«\u001b»[31m\"\n", "U+001B")]
    [InlineData("%YAML 9.9\n---\nversion: 1\n", null)]
    [InlineData(
        "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{",
        null)]
    [InlineData(Valid + "«---»\nversion: 1\n", "a single YAML document")]
    [InlineData(Valid + "? «[a, b]»\n: 1\n", "a key must be a name")]
    [InlineData(Valid + "«\"two\\nlines\"»: 1\n", "a key must be on one line")]
    [InlineData("base: &base { model: model }\n", null)]
    [InlineData("«<<»: { x: 1 }\n" + Valid, "merge keys are not supported")]
    [InlineData("version: 1\nmodel: model\nartifacts:\n  a:\n    method: magnitude\n    sparsity: 0.5\n    rules: [{ "
        + "match: «*.out_proj», keep: true }]\n", "put it in quotes")]
    public void What_is_not_YAML_is_reported_where_it_stands(string marked, string? advice)
    {
        if (advice is null)
        {
            folder.Read(marked).Diagnostics.ShouldNotBeEmpty();
            return;
        }

        Diagnostic mistake = folder.ReadMarked(marked).ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1002");
        mistake.Message.ShouldContain(advice);
    }

    [Fact]
    public void Any_damage_to_a_file_is_either_harmless_or_reported()
    {
        const string alphabet = "{}[]:,-&*!|>'\"%@`#? \n\t\\a0<~.=$\r\u0085\u2028\0\uFEFF";
        const string whole = """
            requires: "0.1"
            calibration: { text: "*.txt", samples: 3, sampling: random }
            evaluation:
              perplexity: { prose: { text: eval.txt } }
            engine: { device: cpu }
            defaults:
              settings: { solver: alps }
              rules: [{ match: "*", keep: true }]
              gates: { prose: { max: 7, maxIncrease: 3% } }
            """;
        var random = new Random(7);
        for (int round = 0; round < 400; round++)
        {
            var text = new System.Text.StringBuilder(Valid + whole);
            for (
                int change = 0;
                change <= round % 4;
                change++)
            {
                text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];
            }

            RecipeReading reading = folder.Read(text.ToString());

            (reading.Recipe is null).ShouldBe(
                reading.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error),
                text.ToString());
        }
    }

    [Fact]
    public void An_alias_stands_for_the_value_of_its_anchor()
    {
        Recipe recipe = folder.ReadValid("""
            version: 1
            model: model
            artifacts:
              a:
                method: magnitude
                sparsity: &s 0.5
                rules: &r [{ match: x, keep: true }]
              b: { method: magnitude, sparsity: *s, rules: *r }
            """);

        recipe.Artifacts[1].Pattern.ShouldBe(recipe.Artifacts[0].Pattern);
        recipe.Artifacts[1].Rules.ShouldBe(recipe.Artifacts[0].Rules);
    }

    [Fact]
    public void A_mistake_in_an_anchored_value_is_reported_once_and_one_in_its_use_where_it_is_used() =>
        folder.ReadMarked("""
            version: 1
            model: model
            artifacts:
              a:
                method: &m magnitude
                sparsity: 0.5
                rules: &r
                  - { match: x, «sparsty»: 0.1, keep: true }
              b: { method: magnitude, sparsity: «*m», rules: *r }
            """);

    [Fact]
    public void Block_text_is_located_without_the_lines_after_it() =>
        folder.ReadMarked("version: 1\nmodel: «|-\n  no such\n  model»\n\n# comment\nartifacts: { a: { method: "
            + "magnitude, sparsity: 0.5 } }\n");

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Places_do_not_depend_on_line_endings(string newLine)
    {
        RecipeReading reading = folder.Read(string.Join(
            newLine,
            "version: 1",
            "model: model",
            "artifacts:",
            "  a:",
            "    sparsity: 2",
            "    method: magnitude",
            ""));

        reading.Diagnostics.ShouldHaveSingleItem().Location
            .ShouldBe(new SourceLocation(folder.RecipePath, 5, 15, 5, 16));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-32BE")]
    public void A_byte_order_mark_names_the_encoding_and_is_not_part_of_the_first_key(string encoding)
    {
        File.WriteAllText(folder.RecipePath, Valid, System.Text.Encoding.GetEncoding(encoding));

        RecipeReader.Read(folder.RecipePath, new(0, 1, 0)).Diagnostics.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0xE9, (byte)'\n' }, 2, 2, "utf-8")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0, 0x00, 0xD8 }, 1, 2, "utf-16")]
    public void Bytes_of_another_encoding_are_an_error_at_their_place(
        byte[] bytes,
        int line,
        int column,
        string encoding)
    {
        File.WriteAllBytes(folder.RecipePath, bytes);

        Diagnostic mistake = RecipeReader.Read(folder.RecipePath, new(0, 1, 0)).Diagnostics.ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1001");
        mistake.Message.ShouldBe($"the bytes from here on are not {encoding}; save the recipe as UTF-8");
        mistake.Location.ShouldBe(new SourceLocation(folder.RecipePath, line, column));
    }

    [SkippableTheory]
    [InlineData("/dev/zero", "a device")]
    [InlineData("/proc/self/fd", "a directory")]
    public void What_is_not_a_regular_file_is_not_read(string path, string kind)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "there is no such thing here");
        Diagnostic mistake = RecipeReader.Read(path, new(0, 1, 0)).Diagnostics.ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1001");
        mistake.Message.ShouldContain($"this is {kind} and not a regular file");
    }
}
