using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Statements;

/// <summary>Several targets, for as many elements.</summary>
internal sealed class TupleTarget(IReadOnlyList<Target> targets) : Target
{
    public override void Assign(Value value, Scope scope)
    {
        Value[] values = [.. value.Elements().Take(targets.Count + 1)];
        if (values.Length != targets.Count)
        {
            throw TemplateException.Failed($"{targets.Count} names are set to the elements of {value.Article()}, which "
                + $"has {(values.Length > targets.Count ? "more" : "fewer")}");
        }

        for (int i = 0; i < values.Length; i++)
        {
            targets[i].Assign(values[i], scope);
        }
    }
}
