using System.Text.Json;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Models.Checkpoints;

/// <summary>A file of JSON beside the weights, with failures that the user can act on.</summary>
internal static class JsonFile
{
    // A document takes 12 bytes for each token. The header of a checkpoint has up to 18 for each tensor.
    private const int MaximumTokens = 20 * SafetensorsHeader.MaximumTensors;

    /// <summary>Reads the whole file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maximumLength">Bytes that such a file can have within reason.</param>
    /// <param name="unreadable">The failure if there is nothing to read, or something else than the file.</param>
    /// <param name="malformed">The failure if it is not JSON.</param>
    /// <exception cref="DiagnosticException">One of these, with line and column where there are some.</exception>
    public static JsonDocument Read(
        string path,
        long maximumLength,
        DiagnosticDescriptor unreadable,
        DiagnosticDescriptor malformed)
    {
        byte[] json = ReadBytes(path, maximumLength, unreadable);
        if (GitLfsPointer.IsPointer(json))
        {
            throw unreadable.Error(new SourceLocation(path), GitLfsPointer.Problem);
        }

        try
        {
            return Parse(json);
        }
        catch (JsonException e)
        {
            throw malformed.Error(
                new SourceLocation(path, (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1),
                IsTruncated(json)
                    ? "the file ends before its JSON does; it is truncated, so download it again"
                    : $"the file cannot be read as JSON: {Reason(e)}; correct it here",
                e);
        }
    }

    /// <summary>JSON of a checkpoint, within reason.</summary>
    /// <param name="json">Its bytes; they belong to the document from then on.</param>
    /// <exception cref="JsonException">It is not JSON, or more than any model needs.</exception>
    public static JsonDocument Parse(byte[] json) => ForeignJson.Parse(json, maximumTokens: MaximumTokens);

    /// <summary>Why something is not JSON, without the place.</summary>
    public static string Reason(JsonException exception) =>
        Excerpt.Of(exception.Message.Split(" LineNumber:")[0].TrimEnd('.'));

    private static byte[] ReadBytes(string path, long maximumLength, DiagnosticDescriptor unreadable)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, maximumLength);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw unreadable.Error(new SourceLocation(path), $"the file cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether what is there could go on to be JSON.</summary>
    private static bool IsTruncated(byte[] json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, state: default);
        try
        {
            while (reader.Read())
            {
            }

            return reader.CurrentDepth > 0 || reader.TokenType == JsonTokenType.None;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
