using System.Text.Json.Nodes;
using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Chat;

namespace SparseLlm.Runtime.Tests.Chat;

public sealed class MistakesInTemplates
{
    [Theory]
    [InlineData("a\n  {{ 1 + }}", 2, 10, "'}}'")]
    [InlineData("{% if true %}\nx", 1, 1, "endif")]
    [InlineData("x {% for i in [] %}{% else %}", 1, 3, "endfor")]
    [InlineData("{{ 'abc }}", 1, 4, "string")]
    [InlineData("{{ (1 }}", 1, 7, "'}'")]
    [InlineData("{{ 1) }}", 1, 5, "')'")]
    [InlineData("\n{# x", 2, 1, "comment")]
    [InlineData("{% raw %} x", 1, 1, "raw")]
    [InlineData("{% nonsense %}", 1, 4, "'nonsense'")]
    [InlineData("{% endif %}", 1, 4, "'endif'")]
    [InlineData("{% break %}", 1, 4, "outside")]
    [InlineData("{% for i in [1] %}{% macro f() %}{% continue %}{% endmacro %}{% endfor %}", 1, 37, "outside")]
    [InlineData("{% set true = 1 %}", 1, 8, "'true'")]
    [InlineData("{{ f(a=1, 2) }}", 1, 11, "without a name")]
    [InlineData("{{ 1 is odd is even }}", 1, 13, "'is'")]
    [InlineData("{{ a ? b }}", 1, 6, "'?'")]
    [InlineData("{{ '\\xg' }}", 1, 5, "hexadecimal")]
    public void What_is_no_template_is_an_error_with_its_place(string template, int line, int column, string part) =>
        ShouldFail(() => ChatTemplate.Parse(template), ChatDiagnostics.Malformed, line, column, part);

    [Theory]
    [InlineData("\n{% include 'x' %}", 2, 4, "'include'")]
    [InlineData("{% block a %}{% endblock %}", 1, 4, "'block'")]
    [InlineData("{% for i in [] recursive %}{% endfor %}", 1, 16, "'recursive'")]
    [InlineData("{{ f(*a) }}", 1, 6, "'*'")]
    public void A_statement_that_is_not_supported_is_an_error_that_names_it(
        string template,
        int line,
        int column,
        string part) =>
        ShouldFail(() => ChatTemplate.Parse(template), ChatDiagnostics.Unsupported, line, column, part);

    [Theory]
    [InlineData("a\n{{ 'x'|urlize }}", 2, 8, "filter 'urlize'")]
    [InlineData("{{ 'x' is nonsense }}", 1, 11, "test 'nonsense'")]
    [InlineData("{{ 'x'.encode() }}", 1, 8, "method 'encode'")]
    [InlineData("{{ ''.__class__ }}", 1, 7, "'__class__'")]
    [InlineData("{{ '%s' % 1 }}", 1, 9, "'%'")]
    [InlineData("{{ 'x'|safe + 'y' }}", 1, 13, "'safe'")]
    [InlineData("{{ cycler() }}", 1, 4, "'cycler'")]
    [InlineData("{{ strftime_now('%Q') }}", 1, 16, "'%Q'")]
    public void A_function_that_is_not_supported_is_an_error_that_names_it_where_it_is_used(
        string template,
        int line,
        int column,
        string part)
    {
        ShouldFail(() => Render(template), ChatDiagnostics.Unsupported, line, column, part);
        Render($"{{% if false %}}{template}{{% endif %}}").ShouldBe("");
    }

    [Theory]
    [InlineData("{{ messages[0].content.parts }}", 1, 24, "'content'")]
    [InlineData("{{ messages[0].role +\n messages }}", 1, 21, "'+'")]
    [InlineData("{{ 'a' + nothing }}", 1, 8, "'nothing', which is undefined;")]
    [InlineData("{{ nothing() }}", 1, 11, "'nothing'")]
    [InlineData("{% for i in none %}{% endfor %}", 1, 1, "none")]
    [InlineData("{{ 1 // 0 }}", 1, 6, "zero")]
    [InlineData("{{ [1, 'a']|sort }}", 1, 13, "order")]
    [InlineData("{{ [].append(1) }}", 1, 13, "'append'")]
    [InlineData("{% set x.y = 1 %}", 1, 1, "'x.y'")]
    [InlineData("{% set a, b = [1] %}", 1, 1, "fewer")]
    [InlineData("{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}", 1, 35, "'f'")]
    [InlineData("{{ messages|selectattr('role')|length }}", 1, 32, "no length")]
    [InlineData("{{ nothing|tojson }}", 1, 12, "JSON")]
    [InlineData("{{ 'a'.split('') }}", 1, 13, "empty separator")]
    public void What_Python_has_no_answer_to_is_an_error_with_its_place(
        string template,
        int line,
        int column,
        string part) =>
        ShouldFail(() => Render(template), ChatDiagnostics.Failed, line, column, part);

    [Fact]
    public void A_template_refuses_a_conversation_in_its_own_words()
    {
        Diagnostic diagnostic = ShouldFail(
            () => Render("x\n{{ raise_exception('roles must ' ~ 'alternate') }}"),
            ChatDiagnostics.Refused,
            2,
            19,
            "refuses");
        diagnostic.Message.ShouldEndWith("roles must alternate");
    }

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData(
        "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x.replace('a', 'aa') %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData(
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% set "
        + "ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}")]
    [InlineData(
        "{% set ns = namespace(x=1) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}")]
    [InlineData("{% set ns = namespace(x=9) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{{ range(1000000000000) }}")]
    [InlineData("{{ 'ab' * 10000000000 }}")]
    [InlineData("{{ [0] * 10000000000 }}")]
    [InlineData("{{ 9 ** 9999999999 }}")]
    [InlineData("{{ 'x'.ljust(2000000000) }}")]
    [InlineData("{{ 'x'|indent(2000000000, true) }}")]
    [InlineData("{{ [1]|tojson(indent=2000000000) }}")]
    [InlineData("{% for i in range(99999) %}{{ 'a' * 100000 }}{% endfor %}")]
    public void A_hostile_template_comes_to_an_end(string template) =>
        Should.Throw<DiagnosticException>(() => Render(template)).Diagnostics.ShouldHaveSingleItem().Descriptor
            .ShouldBe(ChatDiagnostics.Endless);

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}")]
    [InlineData("{{ ", "[", "1", "]", " }}")]
    [InlineData("{{ ", "not ", "1", "", " }}")]
    [InlineData("{{ ", "-", "1", "", " }}")]
    [InlineData("{{ ", "f(", "1", ")", " }}")]
    [InlineData("{{ ", "1 if 1 else ", "1", "", " }}")]
    [InlineData("{{ ", "1 + ", "1", "", " }}")]
    [InlineData("{{ messages", ".a", "", "", " }}")]
    [InlineData("{{ 1", "|string", "", "", " }}")]
    [InlineData("", "{% if 1 %}", "", "{% endif %}", "")]
    [InlineData("", "{% for i in [1] %}", "", "{% endfor %}", "")]
    public void A_template_that_is_nested_too_deeply_does_not_exhaust_the_stack(
        string begin,
        string open,
        string middle,
        string close,
        string end)
    {
        string template = begin + Repeat(open) + middle + Repeat(close) + end;
        DiagnosticException? error = null;
        // The least that a thread of an application has anywhere.
        var thread = new Thread(() => error = Should.Throw<DiagnosticException>(() => Render(template)), 1 << 19);
        thread.Start();
        thread.Join();
        error!.Diagnostics.ShouldHaveSingleItem().Descriptor.ShouldBe(ChatDiagnostics.Endless);
    }

    private static string Repeat(string text) => string.Concat(Enumerable.Repeat(text, 5000));

    private static string Render(string template)
        => ChatTemplate.Parse(template).Render(JsonNode.Parse("""[{"role": "user"}]""")!.AsArray());

    private static Diagnostic ShouldFail(
        Action action,
        DiagnosticDescriptor descriptor,
        int line,
        int column,
        string part)
    {
        Diagnostic diagnostic = Should.Throw<DiagnosticException>(action).Diagnostics.ShouldHaveSingleItem();
        diagnostic.Descriptor.ShouldBe(descriptor);
        diagnostic.Message.ShouldContain(part);
        diagnostic.Message.ShouldNotContain(",;");
        (diagnostic.Location!.Line, diagnostic.Location.Column).ShouldBe((line, column));
        return diagnostic;
    }
}
