using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace SparseLlm.Pipeline.Cache;

/// <summary>
/// Small JSON files that know when they are damaged: <c>{"formatVersion": 1, "key": ..., "digest": ..., "content": {...}}</c>,
/// where the digest is the SHA-256 of the content's bytes and the key is the file's own.
/// </summary>
internal static class SealedJson
{
    private const int FormatVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>An object as JSON, by the rules of these files.</summary>
    public static JsonElement ToElement(object value) => JsonSerializer.SerializeToElement(value, value.GetType(), Options);

    /// <summary>The object that <see cref="ToElement"/> was given; null if the JSON has another shape.</summary>
    public static T? FromElement<T>(JsonElement json)
        where T : class
    {
        try
        {
            return json.Deserialize<T>(Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] Write<T>(string key, T content)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(content, Options);
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
    /// <exception cref="InvalidDataException">It is not a file of this key, or damaged.</exception>
    public static T Read<T>(string key, ReadOnlyMemory<byte> file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(file);
            JsonElement root = document.RootElement;
            if (root.GetProperty("formatVersion").GetInt32() != FormatVersion)
            {
                throw new InvalidDataException("it was written by another version");
            }

            if (root.GetProperty("key").GetString() != key)
            {
                throw new InvalidDataException("it belongs to another key");
            }

            ReadOnlySpan<byte> content = JsonMarshal.GetRawUtf8Value(root.GetProperty("content"));
            if (root.GetProperty("digest").GetString() != Convert.ToHexStringLower(SHA256.HashData(content)))
            {
                throw new InvalidDataException("its content does not match its digest");
            }

            return JsonSerializer.Deserialize<T>(content, Options) ?? throw new InvalidDataException("it has no content");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("it is not in the format of the cache", exception);
        }
    }
}
