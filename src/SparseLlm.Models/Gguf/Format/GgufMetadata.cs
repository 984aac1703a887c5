using System.Collections;

namespace SparseLlm.Models.Gguf.Format;

/// <summary>
/// The key-value pairs of a GGUF file, in their order. Values are numbers of 8 to 64 bits, booleans, strings, and
/// arrays of one of these.
/// </summary>
public sealed class GgufMetadata : IEnumerable<KeyValuePair<string, object>>
{
    private readonly OrderedDictionary<string, object> values = new(StringComparer.Ordinal);

    /// <summary>How many pairs.</summary>
    public int Count => values.Count;

    /// <summary>The value of a key, or null.</summary>
    public object? this[string key] => values.GetValueOrDefault(key);

    /// <summary>Sets a count or an id.</summary>
    public void Set(string key, uint value) => values[key] = value;

    /// <summary>Sets a count, which is not negative.</summary>
    public void Set(string key, int value) => values[key] = checked((uint)value);

    /// <summary>Sets a number.</summary>
    public void Set(string key, float value) => values[key] = value;

    /// <summary>Sets a flag.</summary>
    public void Set(string key, bool value) => values[key] = value;

    /// <summary>Sets a text.</summary>
    public void Set(string key, string value) => values[key] = value;

    /// <summary>Sets texts.</summary>
    public void Set(string key, string[] value) => values[key] = value;

    /// <summary>Sets numbers.</summary>
    public void Set(string key, float[] value) => values[key] = value;

    /// <summary>Sets signed numbers, the form of token types.</summary>
    public void Set(string key, int[] value) => values[key] = value;

    /// <summary>Sets a value of any type that the format has.</summary>
    internal void SetValue(string key, object value) => values[key] = value;

    /// <summary>Whether the key has a value of that type.</summary>
    public bool TryGet<T>(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value)
    {
        value = default;
        if (values.TryGetValue(key, out object? found) && found is T typed)
        {
            value = typed;
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => values.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
