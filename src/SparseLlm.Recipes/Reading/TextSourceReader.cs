using SparseLlm.Diagnostics;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads where a text comes from, and looks at its files.</summary>
internal sealed class TextSourceReader(ReadingContext context)
{
    /// <summary>The text of a section with the keys <c>text</c> and <c>field</c>.</summary>
    public TextSource Read(Section section)
    {
        string? field = section.Find(TextKeys.Field) is { } node ? context.Scalars.Text(TextKeys.Field.Name, node) : null;
        return section.Require(TextKeys.Text) is { } text ? Read(text, field) : new TextSource([]);
    }

    /// <summary>The text of a path, a glob or a list of these.</summary>
    /// <param name="node">The value.</param>
    /// <param name="field">The field of records that holds their text, if the recipe names one.</param>
    public TextSource Read(YamlNode node, string? field = null)
    {
        if (node is YamlSequence { Items.Count: 0 })
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                $"'{TextKeys.Text.Name}' is an empty list; name at least one file");
        IReadOnlyList<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        (string Path, SourceLocation Location)[] files = [.. items.SelectMany(Files)];
        var source = new TextSource([.. files.Select(file => file.Path)]);
        if (field is not null) source = source with { Field = field };
        Check(source, files);
        return source;
    }

    private IEnumerable<(string Path, SourceLocation Location)> Files(YamlNode item) =>
        context.Scalars.Text(TextKeys.Text.Name, item) is { } text ? context.Files.Files(text, item.Location).Select(path => (path, item.Location)) : [];

    private void Check(TextSource source, (string Path, SourceLocation Location)[] files)
    {
        Dictionary<string, SourceLocation> named = files.DistinctBy(file => file.Path).ToDictionary(file => file.Path, file => file.Location);
        foreach (Diagnostic problem in TextCheck.Find(source))
        {
            SourceLocation place = problem.Location!;
            context.Diagnostics.Add(problem.Descriptor, named[place.File], $"{place with { File = context.Files.Shown(place.File) }}: {problem.Message}");
        }
    }
}
