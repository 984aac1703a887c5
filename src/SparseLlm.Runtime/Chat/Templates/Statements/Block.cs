namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>Statements one after the other.</summary>
/// <param name="statements">The statements.</param>
internal sealed class Block(IReadOnlyList<Statement> statements)
{
    /// <summary>Does them, up to one that leaves the loop around it or goes on with its next element.</summary>
    public Flow Execute(Rendering rendering, Scope scope)
    {
        foreach (Statement statement in statements)
        {
            Flow flow = statement.Execute(rendering, scope);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }
}
