using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Disk;

/// <summary>Keys and digests as text: 64 lower-case hexadecimal digits.</summary>
internal static partial class Sha256Text
{
    /// <summary>Whether the text is a key or a digest.</summary>
    public static bool IsValid(string? text) => text is not null && Pattern().IsMatch(text);

    /// <summary>A key becomes a file name: nothing else may pass.</summary>
    /// <exception cref="ArgumentException">The text is not a key.</exception>
    public static void Require(string key)
    {
        if (!IsValid(key))
        {
            throw new ArgumentException($"'{key}' is not a key of 64 lower-case hexadecimal digits.", nameof(key));
        }
    }

    [GeneratedRegex("^[0-9a-f]{64}\\z")]
    private static partial Regex Pattern();
}
