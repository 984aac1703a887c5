using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SparseLlm.Pipeline.Digests;

/// <summary>
/// SHA-256 over a canonical description: names and values in a fixed order, each with its length in front, so that no
/// two descriptions run together to the same bytes.
/// </summary>
internal sealed class KeyBuilder : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>A description of a kind of step.</summary>
    /// <param name="kind">What the key stands for.</param>
    /// <param name="revision">Raised when the step's algorithm changes its results.</param>
    public KeyBuilder(string kind, int revision)
    {
        Append(kind);
        Append(revision.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The key of named values, in ordinal order of their names.</summary>
    public static string Of(string kind, IEnumerable<KeyValuePair<string, string>> values)
    {
        using var key = new KeyBuilder(kind, 1);
        foreach ((string name, string value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            key.Add(name, value);
        }

        return key.Build();
    }

    /// <summary>Adds a field. Null and the empty string are different.</summary>
    public KeyBuilder Add(string name, string? value)
    {
        Append(name);
        Append(value is null ? "null" : "value");
        Append(value ?? "");
        return this;
    }

    /// <summary>Adds a whole number.</summary>
    public KeyBuilder Add(string name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The key of everything added, 64 hexadecimal digits. The builder cannot be used any more.</summary>
    public string Build() => Convert.ToHexStringLower(hash.GetHashAndReset());

    private void Append(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
