namespace SparseLlm.Tests;

/// <summary>What a <see cref="HubServer"/> was asked.</summary>
/// <param name="IsCdn">Whether where it keeps large files, rather than the hub itself.</param>
/// <param name="Method">GET or HEAD.</param>
/// <param name="Target">Path and query, as they came.</param>
/// <param name="Headers">The headers, by names in any case.</param>
internal sealed record HubServerRequest(
    bool IsCdn,
    string Method,
    string Target,
    IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The path.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>The query; empty if there is none.</summary>
    public string Query => Target.Contains('?') ? Target[(Target.IndexOf('?') + 1)..] : "";

    /// <summary>Whether it is for what is in a file.</summary>
    public bool IsContent => IsCdn || Path.Contains("/resolve/", StringComparison.Ordinal)
        || Path.Contains("/resolve-cache/", StringComparison.Ordinal);
}
