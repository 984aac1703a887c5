using System.Reflection;

namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>
/// A piece of HTML, well-formed as XML too. Text comes into it only through the holes of <see cref="Of"/>, which encode
/// it: no name of a file or text can become markup.
/// </summary>
internal readonly struct Html
{
    private readonly string? markup;

    private Html(string markup) => this.markup = markup;

    /// <summary>Nothing.</summary>
    public static Html Empty => default;

    /// <summary>Markup with values in its holes.</summary>
    public static Html Of(HtmlInterpolation interpolation) => new(interpolation.ToString());

    /// <summary>Pieces one after the other.</summary>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces));

    /// <summary>A style sheet of this assembly, which is markup as it is.</summary>
    public static Html StyleSheet(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        return new Html(new StreamReader(stream).ReadToEnd().ReplaceLineEndings("\n"));
    }

    /// <summary>Text, encoded.</summary>
    public static implicit operator Html(string text) => Of($"{text}");

    /// <inheritdoc/>
    public override string ToString() => markup ?? "";
}
