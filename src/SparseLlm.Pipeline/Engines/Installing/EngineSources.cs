namespace SparseLlm.Pipeline.Engines.Installing;

/// <summary>
/// Where the packages of an engine come from: what <c>dotnet tool install</c> sees in the current folder, that is the
/// NuGet.config of this folder and those above it, the user's own and the machine's.
/// </summary>
/// <param name="Additional">Feeds and folders besides the configured ones.</param>
/// <param name="ConfigurationFile">The one NuGet.config to go by instead; null for those.</param>
internal sealed record EngineSources(IReadOnlyList<string> Additional, string? ConfigurationFile)
{
    /// <summary>What tells NuGet in a project, which is in another folder.</summary>
    internal IReadOnlyDictionary<string, string> Properties => new Dictionary<string, string>
    {
        ["RestoreRootConfigDirectory"] = Escape(Environment.CurrentDirectory),
        ["RestoreConfigFile"] = ConfigurationFile is null ? "" : Escape(Path.GetFullPath(ConfigurationFile)),
        ["RestoreAdditionalProjectSources"] = string.Join(';', Additional.Select(
            source => Escape(source.Contains("://", StringComparison.Ordinal) ? source : Path.GetFullPath(source)))),
    };

    /// <summary>What MSBuild would take for lists, properties and escapes.</summary>
    private static string Escape(string value) =>
        value.Replace("%", "%25", StringComparison.Ordinal).Replace("$", "%24", StringComparison.Ordinal)
            .Replace("@", "%40", StringComparison.Ordinal)
            .Replace(";", "%3B", StringComparison.Ordinal);
}
