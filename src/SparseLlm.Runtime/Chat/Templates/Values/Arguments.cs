namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>What a function, a filter or a test is called with.</summary>
/// <param name="Positional">Arguments without a name.</param>
/// <param name="Named">Arguments with one.</param>
internal sealed record Arguments(IReadOnlyList<Value> Positional, IReadOnlyList<(string Name, Value Value)> Named)
{
    /// <summary>No arguments.</summary>
    public static readonly Arguments None = new([], []);

    /// <summary>Arguments without names.</summary>
    public static Arguments Of(params IReadOnlyList<Value> positional) => new(positional, []);

    /// <summary>The arguments in the order of a function's parameters; null for those that are not given.</summary>
    /// <param name="function">The function as it is called in a message.</param>
    /// <param name="required">How many of the parameters must be given.</param>
    /// <param name="parameters">The names of its parameters.</param>
    /// <exception cref="TemplateException">There are too many, too few, or some that it does not have.</exception>
    public Value?[] Bind(string function, int required, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
        {
            throw TemplateException.Failed(
                $"{function} takes at most {parameters.Length} arguments, and is given {Positional.Count}");
        }

        var bound = new Value?[parameters.Length];
        for (int i = 0; i < Positional.Count; i++)
        {
            bound[i] = Positional[i];
        }

        foreach ((string name, Value value) in Named)
        {
            int place = parameters.IndexOf(name);
            if (place < 0 || bound[place] is not null)
            {
                throw TemplateException.Failed(
                    place < 0 ? $"{function} has no argument '{name}'" : $"{function} is given '{name}' twice");
            }

            bound[place] = value;
        }

        int missing = Array.FindIndex(bound, 0, required, value => value is null);
        return missing < 0
            ? bound
            : throw TemplateException.Failed($"{function} lacks its argument '{parameters[missing]}'");
    }
}
