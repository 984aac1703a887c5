using System.Text;
using SparseLlm.Runtime.Chat.Templates.Functions;

namespace SparseLlm.Runtime.Chat.Templates.Values;

/// <summary>A text.</summary>
/// <param name="content">The text.</param>
internal class StringValue(string content) : Value
{
    /// <summary>No text.</summary>
    public static readonly StringValue Empty = new("");

    /// <summary>The text.</summary>
    public string Content { get; } = content;

    public override string TypeName => "str";

    public override bool IsTrue => Content.Length > 0;

    public override bool IsIterable => true;

    public override int? Length => PythonText.Length(Content);

    public override string Text(Budget budget) => Content;

    public override void Represent(StringBuilder text, Budget budget)
    {
        budget.More(text, Content.Length);
        PythonText.AppendRepresentation(text, Content);
    }

    public override IEnumerable<Value> Elements()
        => PythonText.Characters(Content).Select(character => new StringValue(character));

    public override Value? Attribute(string name) => StringMethods.Bind(this, name);

    public override Value? Item(Value key, Budget budget)
    {
        budget.Text(Content.Length);
        if (key is SliceValue slice)
        {
            return new StringValue(Slice(slice));
        }

        int length = PythonText.Length(Content);
        return Numbers.Index(key, length) is not int index
            ? null
            : length == Content.Length
                ? new StringValue(Content[index].ToString())
                : new StringValue(PythonText.Characters(Content).ElementAt(index));
    }

    private string Slice(SliceValue slice)
    {
        int length = PythonText.Length(Content);
        (int start, int count, int step) = slice.Within(length);
        if (length == Content.Length && step == 1)
        {
            return Content.Substring(start, count);
        }

        string[] characters = [.. PythonText.Characters(Content)];
        return string.Concat(Enumerable.Range(0, count).Select(i => characters[start + (i * step)]));
    }
}
