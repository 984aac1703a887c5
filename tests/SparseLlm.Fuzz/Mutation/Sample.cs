using System.Text;
using System.Text.RegularExpressions;

namespace SparseLlm.Fuzz.Mutation;

/// <summary>A valid input, and where its tokens are: strings, numbers, words and marks, as JSON, YAML and most formats
/// of text have them.</summary>
internal sealed partial class Sample
{
    /// <summary>A sample of these bytes.</summary>
    public Sample(byte[] bytes)
    {
        Bytes = bytes;
        string text = Encoding.Latin1.GetString(bytes);
        Tokens = [.. Token().Matches(text).Select(match => new Range(match.Index, match.Index + match.Length))];
        Range[] values = [.. Tokens.Where(
            token => char.IsAsciiLetterOrDigit(text[token.Start]) || text[token.Start] is '"' or '_' or '-')];
        Values = values.Length > 0 ? values : Tokens;
    }

    /// <summary>The input.</summary>
    public byte[] Bytes { get; }

    /// <summary>Its tokens, in order.</summary>
    public IReadOnlyList<Range> Tokens { get; }

    /// <summary>The tokens that are not marks: strings, numbers and words, among them names of members.</summary>
    public IReadOnlyList<Range> Values { get; }

    /// <summary>A sample that is a text.</summary>
    public static Sample Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>A file in the folder of samples.</summary>
    public static Sample OfFile(string name)
        => new(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", name)));

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z_0-9]*|[^\s\w]
        """)]
    private static partial Regex Token();
}
