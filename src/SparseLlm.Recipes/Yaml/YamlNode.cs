using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes.Yaml;

/// <summary>A value in a YAML file.</summary>
/// <param name="Location">From its first character to after its last; of an empty value, its key.</param>
internal abstract record YamlNode(SourceLocation Location)
{
    /// <summary>What it is, in a user's words, with an article.</summary>
    public abstract string Kind { get; }

    /// <summary>Whether nothing is written (or <c>null</c>, or <c>~</c>).</summary>
    public virtual bool IsNull => false;
}
