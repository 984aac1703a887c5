using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Yaml;

/// <summary>A list.</summary>
/// <param name="Location">Where.</param>
/// <param name="Items">Its items.</param>
internal sealed record YamlSequence(SourceLocation Location, IReadOnlyList<YamlNode> Items) : YamlNode(Location)
{
    /// <inheritdoc/>
    public override string Kind => "a list";
}
