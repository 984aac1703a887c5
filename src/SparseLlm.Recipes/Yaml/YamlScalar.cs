using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Yaml;

/// <summary>A single value, still text.</summary>
/// <param name="Location">Where.</param>
/// <param name="Value">Its text, unquoted and unescaped.</param>
/// <param name="IsPlain">Whether it is written without quotes.</param>
internal sealed record YamlScalar(SourceLocation Location, string Value, bool IsPlain) : YamlNode(Location)
{
    /// <inheritdoc/>
    public override string Kind => IsNull ? "nothing" : "a single value";

    /// <inheritdoc/>
    public override bool IsNull => IsPlain && Value is ("" or "~" or "null" or "Null" or "NULL");
}
