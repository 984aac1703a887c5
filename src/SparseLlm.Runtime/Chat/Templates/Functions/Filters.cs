using System.Collections.Frozen;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>The filters by their names.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Func<Value, Arguments, Rendering, Value>> All
        = new Dictionary<string, Func<Value, Arguments, Rendering, Value>>
        {
            ["abs"] = NumberFilters.Absolute,
            ["attr"] = ValueFilters.Attribute,
            ["capitalize"] = TextFilters.Capitalize,
            ["count"] = SequenceFilters.Count,
            ["d"] = ValueFilters.Default,
            ["default"] = ValueFilters.Default,
            ["dictsort"] = OrderFilters.SortDictionary,
            ["first"] = SequenceFilters.First,
            ["float"] = NumberFilters.Float,
            ["indent"] = TextFilters.Indent,
            ["int"] = NumberFilters.Integer,
            ["items"] = SequenceFilters.Items,
            ["join"] = SequenceFilters.Join,
            ["last"] = SequenceFilters.Last,
            ["length"] = SequenceFilters.Count,
            ["list"] = SequenceFilters.List,
            ["lower"] = TextFilters.Lower,
            ["map"] = SelectionFilters.Map,
            ["max"] = OrderFilters.Maximum,
            ["min"] = OrderFilters.Minimum,
            ["reject"] = SelectionFilters.Reject,
            ["rejectattr"] = SelectionFilters.RejectByAttribute,
            ["replace"] = TextFilters.Replace,
            ["reverse"] = SequenceFilters.Reverse,
            ["round"] = NumberFilters.Round,
            ["safe"] = ValueFilters.Safe,
            ["select"] = SelectionFilters.Select,
            ["selectattr"] = SelectionFilters.SelectByAttribute,
            ["sort"] = OrderFilters.Sort,
            ["string"] = ValueFilters.String,
            ["sum"] = NumberFilters.Sum,
            ["title"] = TextFilters.Title,
            ["tojson"] = ValueFilters.ToJson,
            ["trim"] = TextFilters.Trim,
            ["unique"] = OrderFilters.Unique,
            ["upper"] = TextFilters.Upper,
            ["wordcount"] = TextFilters.CountWords,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What a filter makes of a value.</summary>
    /// <exception cref="TemplateException">There is no such filter, or it cannot take the value.</exception>
    public static Value Apply(string name, Value value, Arguments arguments, Rendering rendering) =>
        All.TryGetValue(name, out Func<Value, Arguments, Rendering, Value>? filter)
            ? filter(value, arguments, rendering)
            : throw TemplateException.Unsupported($"the filter '{name}'");
}
