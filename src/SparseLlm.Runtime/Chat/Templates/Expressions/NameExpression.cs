using SparseLlm.Runtime.Chat.Templates.Functions;
using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary>A variable, or a function that every template has.</summary>
internal sealed class NameExpression(TemplatePlace place, string name) : Expression(place)
{
    private readonly UndefinedValue undefined = UndefinedValue.Variable(name);

    protected override Value Compute(Rendering rendering, Scope scope) =>
        scope.TryGet(name, out Value? value) ? value : Globals.Find(name) ?? undefined;
}
