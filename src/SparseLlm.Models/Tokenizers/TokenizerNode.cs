using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers;

/// <summary>An element of a tokenizer's JSON that knows where it is.</summary>
/// <param name="Place">Where.</param>
/// <param name="Element">The value.</param>
internal readonly record struct TokenizerNode(TokenizerPlace Place, JsonElement Element)
{
    /// <summary>The root of a file, which is not left open.</summary>
    public static TokenizerNode Read(string path)
    {
        using JsonDocument document = TokenizerBytes.Read(path).Json();
        return new TokenizerNode(new TokenizerPlace(path, ""), document.RootElement.Clone());
    }

    /// <summary>The component's <c>type</c>.</summary>
    public string Type => Required("type").Text();

    /// <summary>Finds a member that is present and not null.</summary>
    public bool TryGet(string name, out TokenizerNode member)
    {
        Require(JsonValueKind.Object, "an object");
        bool found = Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;
        member = found ? new TokenizerNode(Place.Member(name), value) : default;
        return found;
    }

    /// <summary>Whether there is a member of that name, be it null.</summary>
    public bool Names(string name)
    {
        Require(JsonValueKind.Object, "an object");
        return Element.TryGetProperty(name, out _);
    }

    /// <summary>The member of that name; an error if it is missing or null.</summary>
    public TokenizerNode Required(string name) =>
        TryGet(name, out TokenizerNode member) ? member : throw Malformed($"lacks '{TokenizerPlace.Excerpt(name)}'");

    /// <summary>The member's truth value, or <paramref name="absent"/> where it is missing or null.</summary>
    public bool Flag(string name, bool absent) => TryGet(name, out TokenizerNode member) ? member.Flag() : absent;

    /// <summary>The member's text, or null where it is missing or null.</summary>
    public string? OptionalText(string name) => TryGet(name, out TokenizerNode member) ? member.Text() : null;

    /// <summary>The value as text.</summary>
    public string Text()
    {
        Require(JsonValueKind.String, "a string");
        return Element.GetString()!;
    }

    /// <summary>The value as a token id or a count.</summary>
    public int Integer() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value) && value >= 0
            ? value
            : throw Malformed("must be an integer between 0 and 2147483647");

    /// <summary>The elements of the array.</summary>
    public IEnumerable<TokenizerNode> Items()
    {
        TokenizerPlace place = Place;
        return Elements().Select((item, i) => new TokenizerNode(place.Item(i), item));
    }

    /// <summary>The elements of the array, without their places.</summary>
    public JsonElement.ArrayEnumerator Elements()
    {
        Require(JsonValueKind.Array, "an array");
        return Element.EnumerateArray();
    }

    /// <summary>The members of the object, in the order of the file.</summary>
    public JsonElement.ObjectEnumerator Members()
    {
        Require(JsonValueKind.Object, "an object");
        return Element.EnumerateObject();
    }

    /// <summary>An error: this value is not what it must be.</summary>
    public DiagnosticException Malformed(string problem) => Place.Malformed(problem);

    /// <summary>An error: this component's type is not implemented.</summary>
    public DiagnosticException UnsupportedType(string supported) =>
        Unsupported($"is of type '{TokenizerPlace.Excerpt(Type)}', which is not supported; supported are {supported}.");

    /// <summary>An error: this component or setting is not implemented.</summary>
    public DiagnosticException Unsupported(string problem) => Place.Unsupported(problem);

    /// <summary>An error: this text is longer than it can be within reason.</summary>
    public DiagnosticException Unsupported(int lengthLimit)
        => Unsupported($"is longer than {lengthLimit} characters, which is not supported.");

    private void Require(JsonValueKind kind, string name)
    {
        if (Element.ValueKind != kind)
        {
            throw Malformed($"must be {name}");
        }
    }

    private bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Malformed("must be true or false"),
    };
}
