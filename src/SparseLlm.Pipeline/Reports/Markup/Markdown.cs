using System.Text.RegularExpressions;
using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Reports.Markup;

/// <summary>
/// A piece of Markdown on one line, fit for a cell of a table. As with <see cref="Html"/>, text comes into it only
/// through the holes of
/// <see cref="Of"/>: no name of a file or text can become markup, or end the line.
/// </summary>
internal readonly partial struct Markdown
{
    private readonly string? markup;

    private Markdown(string markup) => this.markup = markup;

    /// <summary>Markup with values in its holes.</summary>
    public static Markdown Of(MarkdownInterpolation interpolation) => new(interpolation.ToString());

    /// <summary>Pieces with a comma between them.</summary>
    public static Markdown List(IEnumerable<Markdown> pieces) => new(string.Join(", ", pieces));

    /// <summary>Text as markup that shows it.</summary>
    public static string Escape(string text) => Special().Replace(Printable.Of(text), match => "\\" + match.Value);

    /// <inheritdoc/>
    public override string ToString() => markup ?? "";

    /// <summary>An underscore inside a word is one anyway, and names of tensors are easier to read without
    /// more.</summary>
    [GeneratedRegex(@"[\\`*\[\]<>|#&~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")]
    private static partial Regex Special();
}
