using System.Globalization;
using System.Text.Json.Nodes;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Runtime.Tests.Chat;

/// <summary>Small templates, against what jinja2 makes of them as transformers sets it up.</summary>
public sealed class JinjaSemantics
{
    private static readonly JsonObject File = JsonNode.Parse(System.IO.File.ReadAllText(
        Path.Combine(Repository.Root, "tests", "SparseLlm.Runtime.Tests", "Chat", "jinja-cases.json")))!.AsObject();

    public static TheoryData<int, string> Cases
    {
        get
        {
            var cases = new TheoryData<int, string>();
            foreach ((int i, JsonNode? written) in File["cases"]!.AsArray().Index())
            {
                cases.Add(i, Excerpt((string)written!["template"]!));
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_template_gives_what_jinja2_gives(int number, string excerpt)
    {
        JsonNode written = File["cases"]!.AsArray()[number]!;
        Excerpt((string)written["template"]!).ShouldBe(excerpt);
        Render((string)written["template"]!).ShouldBe((string)written["expected"]!);
    }

    [Fact]
    public void The_culture_of_the_machine_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        other.NumberFormat.NumberDecimalSeparator = ",";
        other.NumberFormat.NegativeSign = "~";
        other.DateTimeFormat.AbbreviatedMonthNames = [.. Enumerable.Repeat("?", 13)];
        CultureInfo.CurrentCulture = other;
        try
        {
            Render("{{ -1.5 }} {{ [-2, 0.25]|tojson }} {{ '-1.5'|float + '-3'|int }} {{ 2.345|round(1) }} {{ "
                + "strftime_now('%d %b') }}")
                .ShouldBe("-1.5 [-2, 0.25] -4.5 2.3 07 Mar");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Render(string template) => ChatTemplate.Parse(template).Render(
        [], new ChatTemplateOptions
        {
            Variables = File["variables"]!.AsObject().ToDictionary(),
            Time = new FixedTime()
        });

    private static string Excerpt(string template)
        => string.Concat(template.Take(40).Where(unit => unit is >= ' ' and <= '~'));
}
