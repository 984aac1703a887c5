using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Reports;
using SparseLlm.Pipeline.Reports.Markup;
using SparseLlm.Reports.Tests.Support;

namespace SparseLlm.Reports.Tests;

/// <summary>Text never becomes markup.</summary>
public sealed class Encoding
{
    [Theory]
    [InlineData("<script>alert('x')</script>")]
    [InlineData("\" onload=\"x")]
    [InlineData("a & b &amp; c")]
    [InlineData("\U0001F600 ‖T − Y‖")]
    public void Text_comes_out_of_a_page_as_it_went_in(string text)
    {
        var page = Document.Parse(Html.Of($"""<p title="{text}">{text}</p>""").ToString());
        page.Value.ShouldBe(text);
        page.Attribute("title")!.Value.ShouldBe(text);
        page.Elements().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a\0b\u0001\u001b[31m")]
    [InlineData("half a pair \ud800 of surrogates")]
    [InlineData("\uffff")]
    public void Characters_that_no_document_may_hold_are_replaced(string text)
    {
        Document.Parse(Html.Of($"<p>{text}</p>").ToString()).Value.ShouldContain("\uFFFD");
    }

    [Fact]
    public void No_text_turns_the_direction_of_what_stands_behind_it()
        => Html.Of($"<p>{"a\u202Eb"}</p>").ToString().ShouldBe(@"<p>a\u202Eb</p>");

    [Fact]
    public void Markup_stays_markup_and_numbers_are_the_same_everywhere()
    {
        Html[] items = [Html.Of($"<b>{1234.5:0.00}</b>"), "<i>"];
        Html.Of($"<p>{items}</p>").ToString().ShouldBe("<p><b>1234.50</b>&lt;i&gt;</p>");
    }

    [Theory]
    [InlineData("a | b", @"a \| b")]
    [InlineData("`code` <script>&amp;", @"\`code\` \<script\>\&amp;")]
    [InlineData("[link](http://example.com)", @"\[link\](http://example.com)")]
    [InlineData("**bold** _slanted_ ~~gone~~ $x$", @"\*\*bold\*\* \_slanted\_ \~\~gone\~\~ \$x\$")]
    [InlineData("two\nlines\r\n\u2028", @"two\\nlines\\r\\n\\u2028")]
    [InlineData("\u001b[31m", @"\\u001B\[31m")]
    [InlineData(@"\", @"\\")]
    [InlineData("model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.q_proj.weight")]
    public void Text_in_Markdown_stays_text_on_one_line(string text, string expected) =>
        Markdown.Of($"**{text}** {Markdown.Of($"|{text}|")}").ToString().ShouldBe($"**{expected}** |{expected}|");

    [Fact]
    public void No_name_adds_a_line_or_a_cell_to_a_summary()
    {
        const string name = "| x |\n\n# <b>`forged`\u001b[2J";
        ArtifactManifest plain = Samples.Manifest(layers: 1);
        ArtifactManifest hostile = plain with
        {
            Artifact = name,
            Model = plain.Model with { Architecture = name },
            Method = name,
            Pattern = name,
            Numerics = name,
            Fallbacks = [name],
            Tensors = [.. plain.Tensors.Select(tensor => tensor with { Name = name, Pattern = name })],
            Perplexity = new Dictionary<string, PerplexityReport> { [name] = plain.Perplexity.Values.Single() },
        };
        string page = ArtifactSummary.Format(hostile, [new GateResult(name, "at most 1", "2", IsMet: false)]);
        page.ShouldNotContain('\u001b');
        page.ShouldNotContain("\n# \\<");
        string[] lines = page.Split('\n');
        lines.Length.ShouldBe(
            ArtifactSummary.Format(plain, [new GateResult("a", "at most 1", "2", IsMet: false)]).Split('\n').Length);
        lines.Where(line => line.StartsWith('|')).Select(line => line.Replace(@"\|", "").Count(unit => unit == '|'))
            .Distinct()
            .ShouldBe([6, 5]);
    }
}
