using SparseLlm.Pruning.Patterns;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads how sparse: <c>sparsity</c> or <c>pattern</c>.</summary>
internal sealed class PatternReader(ReadingContext context)
{
    /// <summary>Whichever of the two a section has, if it is valid.</summary>
    public SparsityPattern? Read(Section section)
    {
        SparsityPattern? sparsity = section.Find(PatternKeys.Sparsity) is { } fraction ? Sparsity(fraction) : null;
        SparsityPattern? pattern = section.Find(PatternKeys.Pattern) is { } groups ? Pattern(groups) : null;
        return sparsity ?? pattern;
    }

    /// <summary>A fraction of weights to prune.</summary>
    public SparsityPattern? Sparsity(YamlNode node)
    {
        if (context.Scalars.Number(PatternKeys.Sparsity.Name, node) is not { } fraction)
        {
            return null;
        }

        if (SparsityPattern.TryUnstructured(fraction, out var sparsity, out string problem))
        {
            return sparsity;
        }

        context.Diagnostics
            .Add(RecipeDiagnostics.InvalidValue, node.Location, $"{PatternKeys.Sparsity.Name} {problem}");
        return null;
    }

    /// <summary>N:M.</summary>
    public SparsityPattern? Pattern(YamlNode node)
    {
        if (context.Scalars.Text(PatternKeys.Pattern.Name, node) is not { } text)
        {
            return null;
        }

        if (SparsityPattern.TryParseGroups(text, out var groups, out string problem))
        {
            return groups;
        }

        context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location, $"{PatternKeys.Pattern.Name} {problem}");
        return null;
    }
}
