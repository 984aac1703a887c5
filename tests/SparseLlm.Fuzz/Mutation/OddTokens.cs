using System.Text;

namespace SparseLlm.Fuzz.Mutation;

/// <summary>What readers of text stumble over.</summary>
internal static class OddTokens
{
    /// <summary>Values that JSON and YAML take, so that what is wrong is found behind the parser.</summary>
    public static IReadOnlyList<byte[]> Values { get; } = Bytes(
    [
        // Numbers at the borders of types.
        "0", "-1", "1", "255", "65536", "2147483647", "2147483648", "-2147483648", "4294967296", "9007199254740993",
            "9223372036854775807",
        "9223372036854775808", "18446744073709551616", "1e308", "1e400", "1e-400", "1e38", "4e38", "-0.0", "0.5",
        "0.99999999999",
        // Values of other types.
        "null", "true", "false", "[]", "{}", "[null]", "{\"a\":null}", "{\"a\":{}}", "\"\"", "[[]]", "[0]", "[\"a\"]",
        // Strings that are more than strings elsewhere.
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"a\\nb\"", "\"\\u001b[31m\"",
            "\"../../x\"", "\"/etc/passwd\"", "\"C:\\\\x\"", "\"CON\"", "\".\"", "\"..\"", "\"\\u202e\"",
        "\"*\"", "\"**/*\"", "\"%s%n\"", "\"${env:HOME}\"", "\"${\"", "\"(\"", "\"[\"", "\"(a+)+$\"", "\"\\\\\"",
        "\"{1,2147483647}\"", "\"\\\\p{\"", "\"<script>\"", "\"[red]\"", "\"|\"", "\"\\u0130\"", "\"\\uffff\"",
        $"\"{new string('a', 5000)}\"",
    ]);

    /// <summary>What breaks a syntax, or begins another one.</summary>
    public static IReadOnlyList<byte[]> Marks { get; } = Bytes(
    [
        "NaN", "Infinity", "-Infinity", "01", "0x10", "1_000", "~", "no", new string('a', 300), ",", "}", "]",
        // Depth.
        new string('[', 200), new string('{', 200), new string('(', 2000), string.Concat(
            Enumerable.Repeat("{\"a\":", 200)),
        // YAML.
        "!!i[[", "!<", "!!binary", "&a", "*a", "<<: *a", "? ", "- ", "| ", "> ", ">-\n", "\n---\n", "\n...\n",
            "%YAML 9.9\n", "\t", "\"", "'", "#", ": ", ":", "\r", "\n", "\0", "\u0085", "\u2028", "\uFEFF", "@", "`",
    ]);

    private static byte[][] Bytes(string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];
}
