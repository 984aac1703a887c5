using SparseLlm.Models.Gguf.Format;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>format</c> and <c>type</c>.</summary>
internal sealed class ExportReader(ReadingContext context)
{
    /// <summary>Whether GGUF is among the formats; null where there is no valid one.</summary>
    public bool? HasGguf(YamlEntry entry)
        => Names(ExportKeys.Format, entry) is { Count: > 0 } formats ? formats.Contains(ExportKeys.Gguf) : null;

    /// <summary>The types of GGUF files; null where there is no valid one.</summary>
    public ExportTypes? Types(YamlEntry entry) => Names(ExportKeys.Type, entry) is { Count: > 0 } types
        ? new ExportTypes([.. types.Select(type => GgufElementTypes.ByName[type])], entry.Key.Location)
        : null;

    /// <summary>One name, or a list of different ones.</summary>
    private List<string> Names(RecipeKey key, YamlEntry entry)
    {
        if (entry.Value is YamlSequence { Items.Count: 0 })
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.InvalidValue,
                entry.Value.Location,
                $"'{key.Name}' is an empty list; name at least one, or remove it");
        }

        var names = new List<string>();
        foreach (YamlNode item in entry.Value is YamlSequence list ? list.Items : [entry.Value])
        {
            if (context.Scalars.Choice(key, item) is not { } name)
            {
                continue;
            }

            if (names.Contains(name))
            {
                context.Diagnostics
                    .Add(RecipeDiagnostics.InvalidValue, item.Location, $"'{name}' is listed twice; remove one");
            }
            else
            {
                names.Add(name);
            }
        }

        return names;
    }
}
