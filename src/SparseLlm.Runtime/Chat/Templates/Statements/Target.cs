using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    /// <summary>Assigns a value.</summary>
    /// <exception cref="TemplateException">It cannot be assigned.</exception>
    public abstract void Assign(Value value, Scope scope);
}
