using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Yaml;

/// <summary>Keys and values.</summary>
/// <param name="Location">Where.</param>
/// <param name="ByName">In the order of the file.</param>
internal sealed record YamlMapping(
    SourceLocation Location,
    OrderedDictionary<string, YamlEntry> ByName) : YamlNode(Location)
{
    /// <summary>The entries, in the order of the file.</summary>
    public IReadOnlyList<YamlEntry> Entries => ByName.Values;

    /// <inheritdoc/>
    public override string Kind => "a mapping";
}
