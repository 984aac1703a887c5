using System.Diagnostics.CodeAnalysis;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates;

/// <summary>The names that a part of a template has set. What it reads and has not set is looked up in the part around
/// it.</summary>
/// <param name="outer">That part; null for the outermost.</param>
internal sealed class Scope(Scope? outer = null)
{
    private Dictionary<string, Value>? values;

    /// <summary>Sets a name here.</summary>
    public void Set(string name, Value value)
        => (this.values ??= new Dictionary<string, Value>(StringComparer.Ordinal))[name] = value;

    /// <summary>Finds a name here or further out.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Value? value)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.values is { } values && values.TryGetValue(name, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }

    private Scope? Outer { get; } = outer;
}
