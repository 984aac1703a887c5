using System.Text;
using SparseLlm.Runtime.Chat.Templates.Expressions;
using SparseLlm.Runtime.Chat.Templates.Statements;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A macro that can be called. It sees what is set around where it stands, also what is set after
/// it.</summary>
/// <param name="macro">The macro.</param>
/// <param name="around">The scope that it stands in.</param>
internal sealed class MacroValue(Macro macro, Scope around) : Value
{
    public override string TypeName => "Macro";

    public override Value Call(Arguments arguments, Rendering rendering)
    {
        var scope = new Scope(around);
        SetParameters(arguments, rendering, scope);
        SetMore(arguments, scope);
        return new StringValue(rendering.Capture(() => macro.Body.Execute(rendering, scope)));
    }

    public override void Represent(StringBuilder text, Budget budget) =>
        throw TemplateException.Failed($"the macro '{macro.Name}' is written without being called; add '()'");

    private void SetParameters(Arguments arguments, Rendering rendering, Scope scope)
    {
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            (string name, Expression? absent) = macro.Parameters[i];
            Value? given = i < arguments.Positional.Count ? arguments.Positional[i] : null;
            Value? named = arguments.Named.LastOrDefault(argument => argument.Name == name).Value;
            if (given is not null && named is not null)
            {
                throw TemplateException.Failed($"the macro '{macro.Name}' is given '{name}' twice");
            }

            scope.Set(name, given ?? named ?? absent?.Evaluate(rendering, scope) ?? new UndefinedValue(
                $"'{name}', which the macro '{macro.Name}' is not given,"));
        }
    }

    private void SetMore(Arguments arguments, Scope scope)
    {
        Value[] positional = [.. arguments.Positional.Skip(macro.Parameters.Count)];
        (string Name, Value Value)[] named = [.. arguments.Named
            .Where(argument => macro.Parameters.All(parameter => parameter.Name != argument.Name))];
        if (macro.Names.Contains(Macro.Caller))
        {
            scope.Set(Macro.Caller, named.LastOrDefault(argument => argument.Name == Macro.Caller).Value
                ?? new UndefinedValue("the caller of a macro that no block calls"));
            named = [.. named.Where(argument => argument.Name != Macro.Caller)];
        }

        if (macro.Names.Contains(Macro.MoreNamed))
        {
            OrderedDictionary<Value, Value> entries = DictionaryValue.NewEntries();
            foreach ((string name, Value value) in named)
            {
                entries[new StringValue(name)] = value;
            }

            scope.Set(Macro.MoreNamed, new DictionaryValue(entries));
        }
        else if (named.Length > 0)
        {
            throw TemplateException.Failed($"the macro '{macro.Name}' has no parameter '{named[0].Name}'");
        }

        if (macro.Names.Contains(Macro.MorePositional))
        {
            scope.Set(Macro.MorePositional, SequenceValue.Tuple(positional));
        }
        else if (positional.Length > 0)
        {
            throw TemplateException.Failed($"the macro '{macro.Name}' takes at most {macro.Parameters.Count} "
                + $"arguments, and is given {arguments.Positional.Count}");
        }
    }
}
