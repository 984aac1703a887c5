using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>{% for target in elements if condition %} ... {% else %} ... {% endfor %}</c>. What is set inside is
/// forgotten with each element.</summary>
internal sealed class ForStatement(
    TemplatePlace place,
    Target target,
    Expression elements,
    Expression? condition,
    Block body,
    Block? otherwise) : Statement(place)
{
    protected override Flow Run(Rendering rendering, Scope scope)
    {
        IEnumerable<Value> values = elements.Evaluate(rendering, scope).Elements();
        // One by one, since the condition may look at what the body has set.
        using var loop = new LoopValue(condition is null
            ? values
            : values.Where(value => condition.Evaluate(rendering, Inside(scope, value)).IsTrue));
        // jinja2 takes 'else' also where every element was left by 'break' or 'continue'.
        bool hasFinished = false;
        while (loop.Advance())
        {
            rendering.Budget.Step();
            Scope inside = Inside(scope, loop.Current);
            inside.Set("loop", loop);
            Flow flow = body.Execute(rendering, inside);
            hasFinished |= flow == Flow.Next;
            if (flow == Flow.Break)
            {
                break;
            }
        }

        return !hasFinished && otherwise is not null ? otherwise.Execute(rendering, new Scope(scope)) : Flow.Next;
    }

    private Scope Inside(Scope scope, Value value)
    {
        var inside = new Scope(scope);
        target.Assign(value, inside);
        return inside;
    }
}
