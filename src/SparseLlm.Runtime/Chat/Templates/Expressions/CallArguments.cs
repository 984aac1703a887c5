using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Expressions;

/// <summary>The arguments that a call, a filter or a test is written with.</summary>
/// <param name="Positional">Those without a name.</param>
/// <param name="Named">Those with one.</param>
internal sealed record CallArguments(
    IReadOnlyList<Expression> Positional,
    IReadOnlyList<(string Name, Expression Value)> Named)
{
    /// <summary>None.</summary>
    public static readonly CallArguments None = new([], []);

    /// <summary>Their values.</summary>
    public Arguments Evaluate(Rendering rendering, Scope scope)
    {
        if (Positional.Count + Named.Count == 0)
        {
            return Arguments.None;
        }

        var values = new Value[Positional.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Positional[i].Evaluate(rendering, scope);
        }

        var named = new (string, Value)[Named.Count];
        for (int i = 0; i < named.Length; i++)
        {
            named[i] = (Named[i].Name, Named[i].Value.Evaluate(rendering, scope));
        }

        return new Arguments(values, named);
    }
}
