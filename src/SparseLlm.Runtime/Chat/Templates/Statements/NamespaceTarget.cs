using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary><c>space.name</c>, where the first is what <c>namespace</c> has made.</summary>
internal sealed class NamespaceTarget(string space, string name) : Target
{
    public override void Assign(Value value, Scope scope)
    {
        if (!scope.TryGet(space, out Value? found) || found is not NamespaceValue names)
        {
            throw TemplateException.Failed($"'{space}.{name}' is set, and '{space}' is not what 'namespace' returns");
        }

        names.Set(name, value);
    }
}
