using SparseLlm.Runtime.Chat.Templates.Syntax;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>A part of a template that does something.</summary>
/// <param name="place">Where it is.</param>
internal abstract class Statement(TemplatePlace place)
{
    /// <summary>Does it.</summary>
    /// <exception cref="TemplateException">It cannot be done.</exception>
    public Flow Execute(Rendering rendering, Scope scope)
    {
        try
        {
            rendering.Budget.Enter();
            Flow flow = Run(rendering, scope);
            rendering.Budget.Leave();
            return flow;
        }
        catch (TemplateException failure) when (failure.Place is null)
        {
            throw failure.At(place);
        }
    }

    /// <summary>Does it.</summary>
    protected abstract Flow Run(Rendering rendering, Scope scope);
}
