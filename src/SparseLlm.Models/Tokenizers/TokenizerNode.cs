using System.Text.Json;
using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers;

/// <summary>An element of tokenizer.json that knows where it is, so that every mistake can be named.</summary>
/// <param name="File">The path of tokenizer.json as the user knows it.</param>
/// <param name="Path">Where in the file, such as <c>pre_tokenizer.pretokenizers[1]</c>.</param>
/// <param name="Element">The value.</param>
internal readonly record struct TokenizerNode(string File, string Path, JsonElement Element)
{
    /// <summary>The component's <c>type</c>.</summary>
    public string Type => Required("type").Text();

    /// <summary>Finds a member that is present and not null.</summary>
    public bool TryGet(string name, out TokenizerNode member)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Malformed("must be an object");
        }

        bool found = Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;
        member = new TokenizerNode(File, Path.Length == 0 ? name : $"{Path}.{name}", value);
        return found;
    }

    /// <summary>The member of that name; an error if it is missing or null.</summary>
    public TokenizerNode Required(string name) =>
        TryGet(name, out TokenizerNode member) ? member : throw Malformed($"lacks '{name}'");

    /// <summary>The member's truth value, or <paramref name="absent"/> where it is missing or null.</summary>
    public bool Flag(string name, bool absent) => TryGet(name, out TokenizerNode member) ? member.Flag() : absent;

    /// <summary>The member's text, or null where it is missing or null.</summary>
    public string? OptionalText(string name) => TryGet(name, out TokenizerNode member) ? member.Text() : null;

    /// <summary>The value as text.</summary>
    public string Text()
    {
        if (Element.ValueKind != JsonValueKind.String)
        {
            throw Malformed("must be a string");
        }

        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw Malformed("holds half of a surrogate pair", error);
        }
    }

    /// <summary>The value as a token id or a count.</summary>
    public int Integer() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value) && value >= 0
            ? value
            : throw Malformed("must be an integer between 0 and 2147483647");

    /// <summary>The elements of the array.</summary>
    public IEnumerable<TokenizerNode> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array)
        {
            throw Malformed("must be an array");
        }

        (string file, string path) = (File, Path);
        return Element.EnumerateArray().Select((item, i) => new TokenizerNode(file, $"{path}[{i}]", item));
    }

    /// <summary>The members of the object, in the order of the file.</summary>
    public IEnumerable<KeyValuePair<string, TokenizerNode>> Members()
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Malformed("must be an object");
        }

        (string file, string path) = (File, Path);
        return Element.EnumerateObject().Select(member =>
            KeyValuePair.Create(member.Name, new TokenizerNode(file, $"{path}.{member.Name}", member.Value)));
    }

    /// <summary>An error: this value is not what it must be.</summary>
    public DiagnosticException Malformed(string problem, Exception? inner = null) =>
        TokenizerDiagnostics.Malformed.Error(
            new SourceLocation(File), $"{Subject} {problem}; download the model's tokenizer again.", inner);

    /// <summary>An error: this component's type is not implemented.</summary>
    public DiagnosticException UnsupportedType(string supported) =>
        Unsupported($"is of type '{Type}', which is not supported; supported are {supported}.");

    /// <summary>An error: this component or setting is not implemented.</summary>
    public DiagnosticException Unsupported(string problem) =>
        TokenizerDiagnostics.Unsupported.Error(new SourceLocation(File), $"{Subject} {problem}");

    private string Subject => Path.Length == 0 ? "the tokenizer" : $"'{Path}'";

    private bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Malformed("must be true or false"),
    };
}
