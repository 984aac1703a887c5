namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>Comparisons as Python makes them.</summary>
internal static class Comparison
{
    /// <summary>Whether two values are equal.</summary>
    public static bool AreEqual(Value first, Value second, Budget budget) => (first, second) switch
    {
        (StringValue one, StringValue other) => one.Content == other.Content,
        (SequenceValue one, SequenceValue other) => one.Kind == other.Kind
            && AreEqual(one.Values, other.Values, budget),
        (DictionaryValue one, DictionaryValue other) => AreEqual(one, other, budget),
        (UndefinedValue, UndefinedValue) => true,
        _ when Numbers.IsNumber(first) && Numbers.IsNumber(second) => Numbers.Compare(first, second) == 0,
        _ => ReferenceEquals(first, second),
    };

    /// <summary>How two values are ordered; null where they are not, as with NaN.</summary>
    /// <exception cref="TemplateException">They are of types that have no order.</exception>
    public static int? Order(Value first, Value second, Budget budget) => (first, second) switch
    {
        (StringValue one, StringValue other) => CompareCharacters(one.Content, other.Content),
        (SequenceValue { Kind: not SequenceKind.Range } one, SequenceValue other) when one.Kind == other
            .Kind => Order(one.Values, other.Values, budget),
        _ when Numbers.IsNumber(first) && Numbers.IsNumber(second) => Numbers.Compare(first, second),
        _ => throw TemplateException.Failed($"{first.Article()} and {second.Article()} have no order"),
    };

    /// <summary>Whether a value is in another.</summary>
    /// <exception cref="TemplateException">Nothing can be in it.</exception>
    public static bool Contains(Value container, Value value, Budget budget)
    {
        switch (container)
        {
            case StringValue text:
                budget.Text(text.Content.Length);
                return value is StringValue part
                    ? text.Content.Contains(part.Content, StringComparison.Ordinal)
                    : throw TemplateException.Failed($"{value.Article()} is looked for in a text, which needs a text");
            case DictionaryValue dictionary:
                return dictionary.Entries.ContainsKey(value is UndefinedValue ? value : KeyComparer.Require(value));
            default:
                return container.IsIterable
                    ? container.Elements().Any(element => Counted(element, value, budget))
                    : throw TemplateException.Failed(
                        $"{container.Article()} has no elements, and something is looked for in it");
        }
    }

    /// <summary>Elements in the order of their keys. Those with equal keys stay in theirs, as in Python also where the
    /// order is reversed.</summary>
    /// <exception cref="TemplateException">Two of the keys have no order.</exception>
    public static T[] Sorted<T>(IReadOnlyCollection<T> elements, Func<T, Value> key, bool isReversed, Budget budget)
    {
        budget.List(elements.Count);
        var comparer = Comparer<Value>.Create((first, second) =>
        {
            budget.Step();
            return Order(first, second, budget) ?? 0;
        });
        try
        {
            return isReversed ? [.. elements.OrderByDescending(key, comparer)] : [.. elements.OrderBy(key, comparer)];
        }
        catch (InvalidOperationException error) when (error.InnerException is TemplateException failure)
        {
            throw failure;
        }
    }

    private static bool Counted(Value element, Value value, Budget budget)
    {
        budget.Step();
        return AreEqual(element, value, budget);
    }

    private static bool AreEqual(IReadOnlyList<Value> first, IReadOnlyList<Value> second, Budget budget)
    {
        budget.Enter();
        bool areEqual = first.Count == second.Count;
        for (int i = 0; areEqual && i < first.Count; i++)
        {
            areEqual = Counted(first[i], second[i], budget);
        }

        budget.Leave();
        return areEqual;
    }

    private static bool AreEqual(DictionaryValue first, DictionaryValue second, Budget budget)
    {
        budget.Enter();
        bool areEqual = first.Entries.Count == second.Entries.Count;
        foreach ((Value key, Value value) in first.Entries)
        {
            areEqual = areEqual && second.Entries.TryGetValue(key, out Value? other) && Counted(value, other, budget);
        }

        budget.Leave();
        return areEqual;
    }

    private static int? Order(IReadOnlyList<Value> first, IReadOnlyList<Value> second, Budget budget)
    {
        budget.Enter();
        try
        {
            for (int i = 0; i < Math.Min(first.Count, second.Count); i++)
            {
                if (!Counted(first[i], second[i], budget))
                {
                    return Order(first[i], second[i], budget);
                }
            }

            return first.Count.CompareTo(second.Count);
        }
        finally
        {
            budget.Leave();
        }
    }

    /// <summary>By code points, of which those in surrogate pairs come last.</summary>
    private static int CompareCharacters(string first, string second)
    {
        int same = first.AsSpan().CommonPrefixLength(second);
        if (same == first.Length || same == second.Length)
        {
            return first.Length.CompareTo(second.Length);
        }

        return Rank(first[same]).CompareTo(Rank(second[same]));

        static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
    }
}
