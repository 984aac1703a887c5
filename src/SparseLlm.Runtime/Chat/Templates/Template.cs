using SparseLlm.Runtime.Chat.Templates.Statements;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates;

/// <summary>A Jinja template, as transformers has jinja2 read it. Immutable; may be shared by threads.</summary>
internal sealed class Template
{
    // The longest in use have some ten thousand characters.
    private const int LongestText = 1 << 20;

    private readonly Block body;

    private Template(Block body) => this.body = body;

    /// <summary>Reads a template.</summary>
    /// <exception cref="TemplateException">It is malformed, or has something that is not supported.</exception>
    public static Template Parse(string text) => text.Length <= LongestText
        ? new Template(TemplateParser.Parse(text))
        : throw TemplateException.Endless(
            FormattableString.Invariant($"the template is longer than {LongestText} characters"),
            new TemplatePlace(1, 1));

    /// <summary>The text that it makes of variables.</summary>
    /// <exception cref="TemplateException">It fails, refuses them, or does not come to an end.</exception>
    public string Render(IEnumerable<KeyValuePair<string, Value>> variables, TimeProvider time)
    {
        var outside = new Scope();
        foreach ((string name, Value value) in variables)
        {
            outside.Set(name, value);
        }

        var rendering = new Rendering(time);
        return rendering.Capture(() => this.body.Execute(rendering, new Scope(outside)));
    }
}
