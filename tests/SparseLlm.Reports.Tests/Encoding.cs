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
    public void Markup_stays_markup_and_numbers_are_the_same_everywhere()
    {
        Html[] items = [Html.Of($"<b>{1234.5:0.00}</b>"), "<i>"];
        Html.Of($"<p>{items}</p>").ToString().ShouldBe("<p><b>1234.50</b>&lt;i&gt;</p>");
    }
}
