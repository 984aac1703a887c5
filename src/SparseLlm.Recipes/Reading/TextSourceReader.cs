using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads where a text comes from.</summary>
internal sealed class TextSourceReader(ReadingContext context)
{
    /// <summary>The text of a section with the keys <c>text</c> and <c>field</c>.</summary>
    public TextSource Read(Section section)
    {
        IReadOnlyList<string> paths = section.Require(TextKeys.Text) is { } text ? Paths(text) : [];
        return section.Find(TextKeys.Field) is { } node && context.Scalars.Text(TextKeys.Field.Name, node) is { } field
            ? new TextSource(paths, field)
            : new TextSource(paths);
    }

    /// <summary>The files of a path, a glob or a list of these.</summary>
    public IReadOnlyList<string> Paths(YamlNode node)
    {
        if (node is YamlSequence { Items.Count: 0 })
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                $"'{TextKeys.Text.Name}' is an empty list; name at least one file");
        IReadOnlyList<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        return [.. items.SelectMany(item =>
            context.Scalars.Text(TextKeys.Text.Name, item) is { } path ? context.Files.Files(path, item.Location) : [])];
    }
}
