using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Tests;

/// <summary>Recipes that are larger than anybody means, and what keeps reading them short.</summary>
public sealed class Limits : IDisposable
{
    private const string Head = "version: 1\nmodel: model\n";

    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_that_is_no_recipe_by_its_length_alone_is_not_parsed()
    {
        Diagnostic mistake = folder.Read(Head + "#" + new string('x', 1 << 20)).Diagnostics.ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1001");
        mistake.Message.ShouldContain("1048576 is the most");
    }

    [Fact]
    public void Of_a_great_many_mistakes_the_first_are_shown_and_the_rest_counted()
    {
        IReadOnlyList<Diagnostic> mistakes = folder.Read(
            Head + string.Concat(Enumerable.Range(0, 90_000).Select(key => $"k{key}: 1\n"))).Diagnostics;
        mistakes.Count.ShouldBe(101);
        mistakes.Take(100).ShouldAllBe(mistake => mistake.Severity == Severity.Error);
        mistakes[99].Location!.Line.ShouldBe(101);
        mistakes[100].Code.ShouldBe("SLM1022");
        mistakes[100].Location!.Line.ShouldBe(102);
        mistakes[100].Message.ShouldContain("89901 more");
    }

    [Fact]
    public void An_error_is_shown_before_any_number_of_warnings()
    {
        string gates = string.Concat(Enumerable.Range(
            0,
            200).Select(index => $"      a{index}: {{ method: magnitude, sparsity: 0.5, gates: {{ p: {{ maxIncrease: "
                + $"{index + 2} }} }} }}\n"));
        RecipeReading reading = folder.Read(
            $"{Head}evaluation: {{ perplexity: {{ p: eval.txt }} }}\nartifacts:\n{gates}      z: {{ sparsity: 2 }}\n");
        reading.Recipe.ShouldBeNull();
        reading.Diagnostics
            .ShouldContain(diagnostic => diagnostic.Code == "SLM1007" && diagnostic.Location!.Line == 205);
    }

    [Fact]
    public void A_message_does_not_repeat_a_value_of_a_megabyte()
    {
        Diagnostic mistake = folder.Read($"{Head}calibration: {{ text: calibration.txt }}\nartifacts: {{ a: {{ method: "
            + $"{new string('m', 1_000_000)}, sparsity: 0.5 }} }}\n").Diagnostics[0];
        mistake.Message.Length.ShouldBeLessThan(1100);
        mistake.Message.ShouldStartWith("unknown method 'mmm");
        mistake.Message.ShouldEndWith("alps, sparsellm");
    }

    [Fact]
    public void A_matrix_that_is_too_large_is_an_error_with_its_size()
    {
        string sparsities = string.Join(",", Enumerable.Range(10_000, 20_000).Select(value => $"0.{value}1"));
        Diagnostic mistake = folder.ReadMarked($"{Head}calibration: {{ text: calibration.txt }}\nartifacts:\n  m: {{ "
            + $"«matrix»: {{ method: [wanda, ria], sparsity: [{sparsities}] }} }}\n")
            .ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1021");
        mistake.Message.ShouldContain("40000 combinations");
    }

    [Fact]
    public void More_artifacts_than_can_be_meant_are_an_error_at_the_first_of_them()
    {
        string artifacts = string.Concat(
            Enumerable.Range(0, 5_000).Select(index => $"  a{index}: {{ method: magnitude, sparsity: 0.5 }}\n"));
        Diagnostic mistake = folder.Read($"{Head}artifacts:\n{artifacts}").Diagnostics.ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1021");
        mistake.Message.ShouldContain("5000 artifacts");
        mistake.Location!.Line.ShouldBe(1004);
    }

    [Fact]
    public void More_globs_than_can_be_meant_are_an_error()
    {
        string globs = string.Join(", ", Enumerable.Repeat("'*.txt'", 101));
        folder.Read($"{Head}calibration: {{ text: [{globs}] }}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n").Diagnostics
            .ShouldHaveSingleItem().Code.ShouldBe("SLM1021");
    }

    [Fact]
    public void More_rules_than_any_model_has_matrices_are_an_error()
    {
        string rules = string.Join(", ", Enumerable.Repeat("{ match: x, keep: true }", 2001));
        Diagnostic mistake = folder.ReadMarked(
            $"{Head}artifacts: {{ a: {{ method: magnitude, sparsity: 0.5, «rules»: [{rules}] }} }}\n")
                .ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1021");
        mistake.Message.ShouldContain("2001 rules");
    }

    [Fact]
    public void Aliases_of_aliases_do_not_grow_without_bounds()
    {
        string laughs = string.Concat(Enumerable.Range(1, 12).Select(level =>
            $"l{level}: &l{level} [{string.Join(", ", Enumerable.Repeat(level == 1 ? "ha" : $"*l{level - 1}", 10))}]\n"));
        Diagnostic mistake = folder.Read(Head + laughs).Diagnostics.ShouldHaveSingleItem();
        mistake.Code.ShouldBe("SLM1002");
        mistake.Message.ShouldContain("aliases");
    }

    [SkippableFact]
    public void A_glob_does_not_follow_links_round_and_round()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege there");
        folder.AddFile("data/deep/a.txt");
        folder.AddFile("elsewhere/b.txt");
        Directory.CreateSymbolicLink(folder.At("data/here"), ".");
        Directory.CreateSymbolicLink(folder.At("data/deep/up"), "..");
        Directory.CreateSymbolicLink(folder.At("data/deep/far"), "../../elsewhere");

        folder.ReadValid($"{Head}calibration: {{ text: \"data/**/*.txt\" }}\nartifacts: {{ a: {{ sparsity: 0.5 }} }}\n")
            .Calibration!.Text.Paths.ShouldBe([folder.At("data/deep/a.txt"), folder.At("data/deep/far/b.txt")]);
    }
}
