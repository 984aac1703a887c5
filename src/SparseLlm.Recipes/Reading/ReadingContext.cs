using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>What every section's reader works with.</summary>
/// <param name="Diagnostics">Receives mistakes.</param>
/// <param name="Scalars">Reads single values.</param>
/// <param name="Files">Finds files.</param>
internal sealed record ReadingContext(DiagnosticBag Diagnostics, ScalarReader Scalars, RecipeFiles Files)
{
    /// <summary>Opens the mapping of an entry, named and located by its key.</summary>
    public Section? Open(YamlEntry entry, KeyTable keys) =>
        Section.Open($"'{entry.Name}'", entry.Key.Location, entry.Value, keys, Diagnostics);

    /// <summary>Opens the mapping of an entry that may be left empty.</summary>
    public Section? OpenOrEmpty(YamlEntry entry, KeyTable keys) =>
        Section.OpenOrEmpty($"'{entry.Name}'", entry.Key.Location, entry.Value, keys, Diagnostics);

    /// <summary>The entries of a mapping whose keys the user chooses; none, which is reported, if it is something
    /// else.</summary>
    public IReadOnlyList<YamlEntry> Named(YamlEntry entry, string kind)
    {
        if (entry.Value is YamlMapping mapping)
        {
            return mapping.Entries;
        }

        if (!entry.Value.IsNull)
        {
            Diagnostics.Add(RecipeDiagnostics.WrongKind, entry.Value.Location,
                $"'{entry.Name}' must be a mapping ('{kind}: ...'), found {entry.Value.Kind}");
        }

        return [];
    }

    /// <summary>The items of a list; none, which is reported, if it is something else.</summary>
    public IReadOnlyList<YamlNode> Items(YamlEntry entry)
    {
        if (entry.Value is YamlSequence list)
        {
            return list.Items;
        }

        Diagnostics.Add(RecipeDiagnostics.WrongKind, entry.Value.Location,
            $"'{entry.Name}' must be a list ('- ...' or '[...]'), found {entry.Value.Kind}");
        return [];
    }
}
