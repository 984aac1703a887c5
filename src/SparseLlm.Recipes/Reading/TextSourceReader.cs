using SparseLlm.Diagnostics;
using SparseLlm.Hub;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads where a text comes from, and looks at its files.</summary>
internal sealed class TextSourceReader(ReadingContext context)
{
    /// <summary>The text that a section names, and how it is read.</summary>
    /// <param name="section">A section with <see cref="TextKeys"/>.</param>
    /// <param name="ofSet">What is read of the <see cref="DataSet"/> that it names in place of a text; null if it names
    /// none.</param>
    public TextSource Read(Section section, TextSource? ofSet)
    {
        foreach (RecipeKey key in TextKeys.OfDataSets)
        {
            section.AllowOne(TextKeys.DataSet, key);
        }

        foreach (RecipeKey key in TextKeys.OfTemplates)
        {
            section.AllowOne(TextKeys.Chat, key);
        }

        if (ofSet is not null)
        {
            return ofSet;
        }

        if (section.Means(TextKeys.DataSet)
            || section.Require(TextKeys.Text) is not { } text)
        {
            return new TextSource([]);
        }

        var source = new TextSource([])
        {
            Chat = Text(section, TextKeys.Chat),
            Join = section.Find(TextKeys.Join) is { } join ? context.Scalars.Separator(TextKeys.Join, join) : null,
            Records = section.Find(TextKeys.Records) is { } records
                ? context.Scalars.Integer(TextKeys.Records, records)
                : null,
        };
        return Read(text, Text(section, TextKeys.Field) is { } field ? source with { Field = field } : source);
    }

    /// <summary>The data set that a section names; null if it names none, or none that there is.</summary>
    public NamedDataSet? DataSet(Section section) =>
        section.Find(TextKeys.DataSet) is { } node && context.Scalars.Choice(TextKeys.DataSet, node) is { } name
            ? NamedDataSet.Find(name)
            : null;

    /// <summary>The text of a path, a glob or a list of these.</summary>
    public TextSource Read(YamlNode node) => Read(node, new TextSource([]));

    private TextSource Read(YamlNode node, TextSource reading)
    {
        if (node is YamlSequence { Items.Count: 0 })
        {
            context.Diagnostics.Add(RecipeDiagnostics.InvalidValue, node.Location,
                $"'{TextKeys.Text.Name}' is an empty list; name at least one file");
        }

        IReadOnlyList<YamlNode> items = node is YamlSequence list ? list.Items : [node];
        (string Path, SourceLocation Location)[] files = [.. items.SelectMany(Files)];
        TextSource source = reading with { Paths = [.. files.Select(file => file.Path)] };
        Check(source, files);
        return source;
    }

    private string? Text(Section section, RecipeKey key)
        => section.Find(key) is { } node ? context.Scalars.Text(key.Name, node) : null;

    private IEnumerable<(string Path, SourceLocation Location)> Files(YamlNode item) =>
        context.Scalars.Text(TextKeys.Text.Name, item) is { } text
            ? context.Files.Files(text, item.Location).Select(path => (path, item.Location))
            : [];

    // What is on the hub is looked at when it has been fetched.
    private void Check(TextSource source, (string Path, SourceLocation Location)[] files)
    {
        source = source with { Paths = [.. source.Paths.Where(path => !HubAddress.IsOne(path))] };
        Dictionary<string, SourceLocation> named = files.DistinctBy(file => file.Path)
            .ToDictionary(file => file.Path, file => file.Location);
        foreach (Diagnostic problem in TextCheck.Find(source))
        {
            SourceLocation place = problem.Location!;
            context.Diagnostics.Add(
                problem.Descriptor,
                named[place.File],
                $"{place with { File = context.Files.Shown(place.File) }}: {problem.Message}");
        }
    }
}
