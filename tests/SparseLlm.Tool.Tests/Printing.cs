using SparseLlm.Diagnostics;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Results;
using SparseLlm.Tool.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Tests;

/// <summary>Results as text, with names that were made to be something else.</summary>
public sealed class Printing
{
    [Theory]
    [InlineData("[red]not a colour[/]", "[red]not a colour[/]")]
    [InlineData("[unclosed", "[unclosed")]
    [InlineData(
        "a\n/src/app/Program.cs(1,1): error CS9999: forged",
        @"a\n/src/app/Program.cs(1,1): error CS9999: forged")]
    [InlineData("\u001b[2J\u009b31m", @"\u001B[2J\u009B31m")]
    [InlineData("tab\there", @"tab\there")]
    [InlineData("\u202Egnp.exe", @"\u202Egnp.exe")]
    public void Names_are_shown_as_they_are_on_one_line(string name, string shown)
    {
        string[] table = Write(output => output.WriteTable(["name", "size#"], [[name, "1"], ["plain", name]]));
        table.Length
            .ShouldBe(Write(output => output.WriteTable(["name", "size#"], [["a", "1"], ["plain", "b"]])).Length);
        table.Count(line => line.Contains(shown)).ShouldBe(2);

        Write(output => output.WriteLine(name)).ShouldBe([shown, ""]);
        Write(output => output.WritePairs([("name", name)]))[0].ShouldContain(shown);
    }

    [Theory]
    [InlineData("one\ntwo\tthree\r\nfour", "one\ntwo\tthree\nfour")]
    [InlineData("\u001b[2J\u009b31m\a", @"\u001B[2J\u009B31m\u0007")]
    [InlineData("wiped\rout", @"wiped\rout")]
    [InlineData("\u202Etxt 😀 日本", @"\u202Etxt 😀 日本")]
    public void What_a_model_says_keeps_its_lines_and_commands_no_terminal(string said, string shown) =>
        Printable.Lines(said).ReplaceLineEndings("\n").ShouldBe(shown);

    [Fact]
    public void Numbers_are_aligned_to_the_right_and_lines_are_as_long_as_they_are()
    {
        string[] table = Write(output => output.WriteTable(["name", "size#"], [["a", "1"], ["b", "1000"]]));
        table.ShouldContain(line => line.TrimEnd().EndsWith("   1"));
        string line = new('x', 1000);
        Write(output => output.WriteLine(line)).ShouldBe([line, ""]);
    }

    [Fact]
    public void A_narrow_terminal_gets_fewer_columns_and_no_broken_words()
    {
        string[][] rows = [["tiny-opt-50", "sparsellm", "prose", "12.345"], ["b", "magnitude", "prose", "1.000"]];
        string[] columns = ["artifact", "method?", "text?", "perplexity#"];
        Write(output => output.WriteTable(columns, rows), width: 80).ShouldContain(
            "  artifact      method      text    perplexity  ");
        string[] narrow = Write(output => output.WriteTable(columns, rows), width: 40);
        narrow.ShouldContain("  artifact      method      perplexity  ");
        narrow.ShouldContain("  tiny-opt-50   sparsellm       12.345  ");
        narrow.ShouldContain("(a wider terminal shows text too)");
        string[] narrower = Write(output => output.WriteTable(columns, rows), width: 25);
        narrower.Select(line => line.TrimEnd()).ShouldBe(
        [
            "artifact    tiny-opt-50", "method      sparsellm", "text        prose", "perplexity  12.345", "",
            "artifact    b", "method      magnitude", "text        prose", "perplexity  1.000", "", "",
        ]);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(30)]
    public void A_frame_of_the_live_display_has_three_lines_whatever_the_names_in_it_and_room_for_the_echo_of_a_key(
        int width)
    {
        var progress = new LiveProgress();
        progress.View(width).ShouldBeNull("nothing goes on yet");
        progress.Report(new PruningStarted("[b]名前" + new string('n', 100), "wanda", "0.5", 1024));
        progress.Report(new PruningStep(
            "a",
            new MatrixPruned(0, new LinearReport(new string('m', 100) + ".weight", 4, 4, "0.5", 8, 0.1))));
        IRenderable frame = progress.View(width)!;
        string[] lines = Draw(console => console.Write(frame), width);
        lines.Length.ShouldBe(4, "the last one is empty");
        lines.ShouldAllBe(line => line.TrimEnd().GetCellWidth() <= width - 5);
        lines[0].ShouldStartWith("[b]名前nnn");
        lines[0].TrimEnd().ShouldEndWith("n…");
    }

    private static string[] Write(Action<TextOutput> write, int width = 160)
        => Draw(console => write(new TextOutput(console)), width);

    private static string[] Draw(Action<IAnsiConsole> write, int width)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer)
        });
        console.Profile.Width = width;
        write(console);
        return writer.ToString().ReplaceLineEndings("\n").Split('\n');
    }
}
