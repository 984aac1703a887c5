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
    [InlineData("version: 1\nmodel: «\"open\n»", "invalid YAML: while scanning a quoted scalar, found unexpected end of stream")]
    [InlineData("version: 1\nmodel: «@»model\n", "invalid YAML")]
    [InlineData("version: [«1», 2\nmodel: model\n", "check that every bracket, brace and quote is closed")]
    [InlineData("requires: [«0.1»,1.0)\nversion: 1\n", "a version range must be in quotes")]
    [InlineData("%YAML 9.9\n---\nversion: 1\n", null)]
    [InlineData("{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{", null)]
    [InlineData(Valid + "«---»\nversion: 1\n", "a single YAML document")]
    [InlineData(Valid + "? «[a, b]»\n: 1\n", "a key must be a name")]
    [InlineData(Valid + "«\"two\\nlines\"»: 1\n", "a key must be on one line")]
    [InlineData("base: &base { model: model }\n", null)]
    [InlineData("«<<»: { x: 1 }\n" + Valid, "merge keys are not supported")]
    [InlineData("version: 1\nmodel: model\nartifacts:\n  a:\n    method: magnitude\n    sparsity: 0.5\n    rules: [{ match: «*.out_proj», keep: true }]\n", "put it in quotes")]
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
        const string alphabet = "{}[]:,-&*!|>'\"%@`#? \n\t\\a0<~.=$";
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
            for (int change = 0; change <= round % 4; change++) text[random.Next(text.Length)] = alphabet[random.Next(alphabet.Length)];

            RecipeReading reading = folder.Read(text.ToString());

            (reading.Recipe is null).ShouldBe(reading.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error), text.ToString());
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
        folder.ReadMarked("version: 1\nmodel: «|-\n  no such\n  model»\n\n# comment\nartifacts: { a: { method: magnitude, sparsity: 0.5 } }\n");

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Places_do_not_depend_on_line_endings(string newLine)
    {
        RecipeReading reading = folder.Read(string.Join(newLine, "version: 1", "model: model", "artifacts:", "  a:", "    sparsity: 2", "    method: magnitude", ""));

        reading.Diagnostics.ShouldHaveSingleItem().Location.ShouldBe(new SourceLocation(folder.RecipePath, 5, 15, 5, 16));
    }

    [Fact]
    public void A_byte_order_mark_is_not_part_of_the_first_key()
    {
        File.WriteAllText(folder.RecipePath, Valid, new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        RecipeReader.Read(folder.RecipePath, new(0, 1, 0)).Diagnostics.ShouldBeEmpty();
    }
}
