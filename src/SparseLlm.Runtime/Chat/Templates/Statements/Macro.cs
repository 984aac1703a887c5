using SparseLlm.Runtime.Chat.Templates.Expressions;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>A piece of a template with parameters.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters, with what they are where they are not given.</param>
/// <param name="Body">What it writes.</param>
/// <param name="Names">The names that its body mentions: a macro that mentions <c>varargs</c>, <c>kwargs</c> or
/// <c>caller</c> takes more than its parameters.</param>
internal sealed record Macro(
    string Name,
    IReadOnlyList<(string Name, Expression? Default)> Parameters,
    Block Body,
    IReadOnlySet<string> Names)
{
    /// <summary>What a block around a call is to the macro that is called.</summary>
    public const string Caller = "caller";

    /// <summary>Positional arguments beyond the parameters.</summary>
    public const string MorePositional = "varargs";

    /// <summary>Named arguments beyond the parameters.</summary>
    public const string MoreNamed = "kwargs";
}
