using System.Text.Json;
using System.Text.Unicode;
using SparseLlm.Diagnostics;
using SparseLlm.Files;

namespace SparseLlm.Models.Tokenizers;

/// <summary>One of a tokenizer's files, read into memory.</summary>
/// <param name="Path">Its path as the user knows it.</param>
/// <param name="Bytes">What is in it.</param>
internal sealed record TokenizerBytes(string Path, byte[] Bytes)
{
    // The largest in use have 35 MB. Beyond this the JSON reader's own tables would not fit either.
    private const long LengthLimit = 1 << 27;

    private ReadOnlySpan<byte> WithoutMark => Bytes.AsSpan().StartsWith("\uFEFF"u8) ? Bytes.AsSpan(3) : Bytes;

    /// <summary>Reads a file.</summary>
    /// <exception cref="DiagnosticException"><see cref="TokenizerDiagnostics.Malformed"/>: it cannot be read, or Git
    /// LFS has not fetched it.</exception>
    public static TokenizerBytes Read(string path)
    {
        try
        {
            byte[] bytes = RegularFile.ReadAllBytes(path, LengthLimit);
            return GitLfsPointer.IsPointer(bytes)
                ? throw Malformed(new SourceLocation(path), $"{GitLfsPointer.Problem}.")
                : new TokenizerBytes(path, bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Malformed(new SourceLocation(path), $"the file cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The file as JSON. The bytes belong to the document from then on.</summary>
    public JsonDocument Json()
    {
        try
        {
            return ForeignJson.Parse(Bytes);
        }
        catch (JsonException error)
        {
            string remedy = LacksEnd()
                ? "it ends too early, so download it again"
                : "correct it, or save the tokenizer anew with its save_pretrained";
            throw Malformed(
                new SourceLocation(Path, (int)(error.LineNumber ?? 0) + 1, (int)(error.BytePositionInLine ?? 0) + 1),
                $"the file is not valid JSON: {Reason(error)}; {remedy}.",
                error);
        }
    }

    /// <summary>The file as valid UTF-8, without a byte order mark.</summary>
    public ReadOnlySpan<byte> Text() => Utf8.IsValid(Bytes)
        ? WithoutMark
        : throw Malformed(new SourceLocation(Path), "the file is not UTF-8 text; download it again.");

    /// <summary>Whether what there is would be the beginning of JSON, as a download leaves it that broke off. Whatever
    /// else is wrong was written so.</summary>
    private bool LacksEnd()
    {
        var reader = new Utf8JsonReader(WithoutMark, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return reader.CurrentDepth > 0 || reader.TokenType == JsonTokenType.None;
    }

    /// <summary>The message without the place, which is in front of it already.</summary>
    private static string Reason(JsonException error) => error.Message.Split(" LineNumber:")[0].TrimEnd('.');

    private static DiagnosticException Malformed(SourceLocation location, string message, Exception? inner = null) =>
        TokenizerDiagnostics.Malformed.Error(location, message, inner);
}
