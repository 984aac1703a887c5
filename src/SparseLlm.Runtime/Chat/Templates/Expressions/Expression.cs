using SparseLlm.Runtime.Chat.Templates.Syntax;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary>A part of a template that has a value.</summary>
/// <param name="place">Where it is.</param>
internal abstract class Expression(TemplatePlace place)
{
    /// <summary>Where it is.</summary>
    public TemplatePlace Place { get; } = place;

    /// <summary>Its value.</summary>
    /// <exception cref="TemplateException">It has none.</exception>
    public Value Evaluate(Rendering rendering, Scope scope)
    {
        try
        {
            rendering.Budget.Enter();
            Value value = Compute(rendering, scope);
            rendering.Budget.Leave();
            return value;
        }
        catch (TemplateException failure) when (failure.Place is null)
        {
            throw failure.At(Place);
        }
    }

    /// <summary>Its value.</summary>
    protected abstract Value Compute(Rendering rendering, Scope scope);
}
