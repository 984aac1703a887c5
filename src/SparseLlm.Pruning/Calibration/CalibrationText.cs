using System.Text;
using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Models.Tokenizers;

namespace SparseLlm.Pruning.Calibration;

/// <summary>Reads the token ids of a text: its files joined, encoded once, with the tokenizer's special tokens.</summary>
public static class CalibrationText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The token ids of a text.</summary>
    /// <param name="source">Its files.</param>
    /// <param name="tokenizer">Called only if the files hold text, not token ids.</param>
    /// <exception cref="DiagnosticException">A file is missing, not UTF-8, or not of the form that its name promises.</exception>
    public static int[] ReadIds(TextSource source, Func<Tokenizer> tokenizer)
    {
        if (source.Paths.All(IsNpy))
        {
            return [.. source.Paths.SelectMany(NpyIds.Read)];
        }

        var text = new StringBuilder();
        foreach (string path in source.Paths)
        {
            text.Append(ReadText(path, source.Field));
        }

        return tokenizer().Encode(text.ToString());
    }

    private static bool IsNpy(string path) => TextFormats.Of(path) == TextFormat.TokenIds;

    private static string ReadText(string path, string field)
    {
        if (IsNpy(path))
        {
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path), "token ids (.npy) cannot be mixed with text; use one or the other");
        }

        string content;
        try
        {
            content = StrictUtf8.GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException exception)
        {
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path), "the file is not UTF-8 text; convert it to UTF-8", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path), $"the file cannot be read: {exception.Message}", exception);
        }

        return TextFormats.Of(path) == TextFormat.JsonLines ? JoinRecords(path, content, field) : content;
    }

    private static string JoinRecords(string path, string content, string field)
    {
        var text = new StringBuilder();
        int number = 0;
        foreach (string line in content.Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                text.Append(ReadRecord(path, number, line, field)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string ReadRecord(string path, int number, string line, string field)
    {
        try
        {
            using var record = JsonDocument.Parse(line);
            if (record.RootElement.ValueKind == JsonValueKind.Object
                && record.RootElement.TryGetProperty(field, out JsonElement value)
                && value.ValueKind == JsonValueKind.String)
            {
                return value.GetString()!;
            }
        }
        catch (JsonException exception)
        {
            throw PruningDiagnostics.UnreadableText.Error(
                new SourceLocation(path, number, 1), "the line is not a JSON record; a .jsonl file holds one on each line", exception);
        }

        throw PruningDiagnostics.UnreadableText.Error(
            new SourceLocation(path, number, 1), $"the record has no string field '{field}'; name the field that holds the text with 'field'");
    }
}
