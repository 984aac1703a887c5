using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using SparseLlm.Files;

namespace SparseLlm.Pipeline.Disk;

/// <summary>
/// Small JSON files that know when they are damaged: <c>{"formatVersion": 1, "key": ..., "digest": ..., "content":
/// {...}}</c>, where the digest is the SHA-256 of the content's bytes and the key is the file's own.
/// </summary>
internal static class SealedJson
{
    /// <summary>Bytes that such a file has at most: there is nothing in it but names and numbers.</summary>
    public const int MaximumLength = 1 << 26;

    private const int FormatVersion = 1;

    /// <summary>The bytes of a file.</summary>
    public static byte[] Write<T>(string key, T content)
    {
        byte[] json = RecordJson.Write(content);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("formatVersion", FormatVersion);
            writer.WriteString("key", key);
            writer.WriteString("digest", Convert.ToHexStringLower(SHA256.HashData(json)));
            writer.WritePropertyName("content");
            writer.WriteRawValue(json);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The content of a file.</summary>
    /// <param name="key">The file's own key.</param>
    /// <param name="file">Its bytes; they may be changed in place.</param>
    /// <exception cref="InvalidDataException">It is not a file of this key, or damaged.</exception>
    public static T Read<T>(string key, byte[] file)
        where T : class
    {
        try
        {
            Envelope envelope = RecordJson.Read<Envelope>(file);
            if (envelope.FormatVersion != FormatVersion)
            {
                throw new InvalidDataException("it was written by another version");
            }

            if (envelope.Key != key)
            {
                throw new InvalidDataException("it belongs to another key");
            }

            if (envelope.Digest != Convert.ToHexStringLower(
                SHA256.HashData(JsonMarshal.GetRawUtf8Value(envelope.Content))))
            {
                throw new InvalidDataException("its content does not match its digest");
            }

            return RecordJson.Read<T>(envelope.Content);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"it is not in the format of the cache ({exception.Message})", exception);
        }
    }

    private sealed record Envelope(int FormatVersion, string Key, string Digest, JsonElement Content);
}
