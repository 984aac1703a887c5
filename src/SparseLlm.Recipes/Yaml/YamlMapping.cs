using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Yaml;

/// <summary>Keys and values.</summary>
/// <param name="Location">Where.</param>
/// <param name="Entries">In the order of the file; no key occurs twice.</param>
internal sealed record YamlMapping(SourceLocation Location, IReadOnlyList<YamlEntry> Entries) : YamlNode(Location)
{
    /// <inheritdoc/>
    public override string Kind => "a mapping";
}
