using SparseLlm.Diagnostics;

namespace SparseLlm.Files.Tests;

/// <summary>Names from files stand in messages.</summary>
public sealed class PrintingNames
{
    private static readonly DiagnosticDescriptor Descriptor = new("SLM9999", "a test");

    [Fact]
    public void A_message_is_one_line_without_commands_whatever_the_names_in_it() =>
        Descriptor.At(
            new SourceLocation("a\nb.yaml", 1, 2),
            "tensor 'x\r\nProgram.cs(1,1): error CS9999: \u001b[31m\u009b'").ToString()
            .ShouldBe(@"a\nb.yaml(1,2): error SLM9999: tensor 'x\r\nProgram.cs(1,1): error CS9999: \u001B[31m\u009B'");

    [Theory]
    [InlineData("plain, ä, 日本, \U0001F600")]
    [InlineData("C:\\folder\\n")]
    public void What_is_printed_stays_as_it_is(string text) => Printable.Of(text).ShouldBe(text);

    [Theory]
    [InlineData("a\u202Eb", @"a\u202Eb")]
    [InlineData("a\u2028b", @"a\u2028b")]
    [InlineData("\t\0\u007f", @"\t\u0000\u007F")]
    public void What_is_not_printed_is_written_as_an_escape(string text, string printed)
        => Printable.Of(text).ShouldBe(printed);

    // Attributes hold UTF-8, which has no halves of pairs.
    [Fact]
    public void Half_a_surrogate_pair_is_written_as_an_escape()
    {
        Printable.Of("a\uD83Db").ShouldBe(@"a\uD83Db");
        Printable.Of("\uDE00").ShouldBe(@"\uDE00");
    }
}
