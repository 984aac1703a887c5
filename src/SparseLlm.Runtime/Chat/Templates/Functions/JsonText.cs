using System.Globalization;
using System.Text;
using SparseLlm.Runtime.Chat.Templates.Values;

namespace SparseLlm.Runtime.Chat.Templates.Functions;

/// <summary>Values as JSON, as Python's json.dumps writes it.</summary>
/// <param name="budget">What it may use up.</param>
/// <param name="isAscii">Whether characters beyond ASCII are written as escapes.</param>
/// <param name="indentation">What lines are indented by at each level; null for one line.</param>
/// <param name="separators">What stands between elements, and between a key and its value.</param>
/// <param name="sortsKeys">Whether keys are written in their order.</param>
internal sealed class JsonText(
    Budget budget,
    bool isAscii,
    string? indentation,
    (string Item, string Key) separators,
    bool sortsKeys)
{
    private readonly StringBuilder text = new();

    /// <summary>A value as JSON.</summary>
    /// <exception cref="TemplateException">It cannot be written so.</exception>
    public string Of(Value value)
    {
        Append(value, 0);
        return this.text.ToString();
    }

    private void Append(Value value, int level)
    {
        switch (value)
        {
            case NoneValue:
                budget.Append(this.text, "null");
                break;
            case BooleanValue boolean:
                budget.Append(this.text, boolean.IsTrue ? "true" : "false");
                break;
            case StringValue text:
                AppendString(text.Content);
                break;
            case IntegerValue integer:
                integer.Represent(this.text, budget);
                break;
            case FloatValue number:
                budget.Append(this.text, Number(number.Number));
                break;
            case SequenceValue { Kind: not SequenceKind.Range } sequence:
                AppendBracketed('[', ']', sequence.Values, level, element => Append(element, level + 1));
                break;
            case DictionaryValue dictionary:
                AppendBracketed('{', '}', Sorted(dictionary), level, entry => AppendEntry(entry, level + 1));
                break;
            default:
                throw TemplateException.Failed($"{value.Article()} cannot be written as JSON");
        }
    }

    private void AppendBracketed<T>(char open, char close, IReadOnlyCollection<T> elements, int level, Action<T> append)
    {
        budget.Enter();
        budget.Append(this.text, [open]);
        string separator = "";
        foreach (T element in elements)
        {
            budget.Append(this.text, separator);
            AppendLine(level + 1);
            append(element);
            separator = separators.Item;
        }

        if (elements.Count > 0)
        {
            AppendLine(level);
        }

        budget.Append(this.text, [close]);
        budget.Leave();
    }

    private void AppendLine(int level)
    {
        if (indentation is not null)
        {
            budget.Append(this.text, "\n");
            for (int i = 0; i < level; i++)
            {
                budget.Append(this.text, indentation);
            }
        }
    }

    private void AppendEntry(KeyValuePair<Value, Value> entry, int level)
    {
        AppendString(entry.Key switch
        {
            StringValue text => text.Content,
            NoneValue => "null",
            BooleanValue boolean => boolean.IsTrue ? "true" : "false",
            FloatValue number => Number(number.Number),
            var key => key.Text(budget),
        });
        budget.Append(this.text, separators.Key);
        Append(entry.Value, level);
    }

    private IReadOnlyCollection<KeyValuePair<Value, Value>> Sorted(DictionaryValue dictionary) => sortsKeys
        ? Comparison.Sorted(dictionary.Entries, entry => entry.Key, isReversed: false, budget)
        : dictionary.Entries;

    private static string Number(double number) => number switch
    {
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        double.NaN => "NaN",
        _ => FloatValue.Written(number),
    };

    private void AppendString(string text)
    {
        budget.More(this.text, text.Length);
        this.text.Append('"');
        foreach (char unit in text)
        {
            string? escape = unit switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\b' => @"\b",
                '\f' => @"\f",
                < ' ' => Escape(unit),
                > '~' when isAscii && unit != '\x7F' => Escape(unit),
                _ => null,
            };
            _ = escape is null ? this.text.Append(unit) : this.text.Append(escape);
        }

        this.text.Append('"');
    }

    private static string Escape(char unit) => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)unit:x4}");
}
