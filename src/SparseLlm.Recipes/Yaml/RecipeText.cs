using System.Buffers;
using System.Globalization;
using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Recipes.Yaml;

/// <summary>Reads the text of a recipe, in any encoding that YAML allows.</summary>
internal static class RecipeText
{
    /// <summary>The bytes of the longest recipe that is read: some ten thousand lines, far more than anybody
    /// writes.</summary>
    public const int MaximumLength = 1 << 20;

    // By their byte order marks; those of UTF-32 come first, since that of UTF-16 begins one of them.
    private static readonly Encoding[] Marked =
    [
        new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    private static readonly Encoding Unmarked = new UTF8Encoding(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true);

    private static readonly SearchValues<char> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(unit => (char)unit).Where(char.IsControl)
            .Except(['\t', '\n', '\r', '\u0085'])]);

    /// <summary>The text; null, which is reported, if there is none.</summary>
    public static string? Read(string path, DiagnosticBag diagnostics)
    {
        try
        {
            return Decode(path, RegularFile.ReadAllBytes(path, MaximumLength), diagnostics);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            diagnostics.Add(RecipeDiagnostics.Unreadable, new SourceLocation(path),
                "there is no such recipe; name an existing file, or create one with 'dotnet sparsellm init'");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(
                RecipeDiagnostics.Unreadable,
                new SourceLocation(path),
                $"the recipe cannot be read: {exception.Message}");
        }

        return null;
    }

    private static string? Decode(string path, byte[] bytes, DiagnosticBag diagnostics)
    {
        Encoding encoding = Array.Find(Marked, marked => bytes.AsSpan().StartsWith(marked.Preamble)) ?? Unmarked;
        ReadOnlySpan<byte> content = bytes.AsSpan(encoding.Preamble.Length);
        try
        {
            string text = encoding.GetString(content);
            return IsWithoutControls(path, text, diagnostics) ? text : null;
        }
        catch (DecoderFallbackException exception)
        {
            string before = Encoding.GetEncoding(encoding.CodePage)
                .GetString(content[..Math.Clamp(exception.Index, 0, content.Length)]);
            diagnostics.Add(RecipeDiagnostics.Unreadable, Place(path, before),
                $"the bytes from here on are not {encoding.WebName}; save the recipe as UTF-8");
            return null;
        }
    }

    // The parser would take the first NUL for the end of the file.
    private static bool IsWithoutControls(string path, string text, DiagnosticBag diagnostics)
    {
        int control = text.AsSpan().IndexOfAny(Controls);
        if (control < 0)
        {
            return true;
        }

        SourceLocation place = Place(path, text[..control]);
        diagnostics.Add(RecipeDiagnostics.Syntax, place with
        {
            EndLine = place.Line,
            EndColumn = place.Column
            + 1
        }, string.Create(CultureInfo.InvariantCulture,
            $"the control character U+{(int)text[control]:X4} cannot stand in YAML; remove it, or save the recipe as "
            + $"UTF-8 if it is in another encoding"));
        return false;
    }

    private static SourceLocation Place(string path, string before) =>
        new(path, before.Count(character => character == '\n') + 1, before.Length - before.LastIndexOf('\n'));
}
