using SparseLlm.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SparseLlm.Recipes.Yaml;

/// <summary>
/// Composes the nodes of a YAML file from the parser's events. YamlDotNet's own representation model would stop at the
/// first duplicate key and lose the place where an alias stands.
/// </summary>
internal sealed class YamlDocument
{
    // Far deeper than any recipe; keeps the recursion below the stack's end whatever the file.
    private const int MaximumDepth = 64;

    // More than a file without aliases can come to: every character and every value counts as one.
    private const long MaximumSize = 2 * RecipeText.MaximumLength;

    private readonly YamlSource source;
    private readonly DiagnosticBag diagnostics;
    private readonly YamlEvents parser;
    private readonly Dictionary<AnchorName, (YamlNode Node, long Size)> anchors = [];
    private long size;

    private YamlDocument(YamlSource source, DiagnosticBag diagnostics)
    {
        this.source = source;
        this.diagnostics = diagnostics;
        parser = new YamlEvents(source.Text);
    }

    /// <summary>The root of the document; null if there is none or it cannot be parsed, which is then
    /// reported.</summary>
    /// <param name="file">The path as the user knows it.</param>
    /// <param name="text">The file's content.</param>
    /// <param name="diagnostics">Receives mistakes of YAML.</param>
    public static YamlNode? Parse(string file, string text, DiagnosticBag diagnostics)
    {
        var document = new YamlDocument(new YamlSource(file, text), diagnostics);
        try
        {
            return document.ComposeRoot();
        }
        catch (YamlException exception)
        {
            document.ReportSyntax(exception.Start, exception.End, Sentence(exception.Message));
        }

        return null;
    }

    private YamlNode? ComposeRoot()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            diagnostics.Add(RecipeDiagnostics.Syntax, source.Beginning,
                "the recipe is empty; begin with 'version: 1', 'model:' and 'artifacts:'");
            return null;
        }

        parser.Consume<DocumentStart>();
        YamlNode root = Compose(depth: 0);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            diagnostics.Add(RecipeDiagnostics.Syntax, source.Between(second.Start, second.End),
                "a recipe is a single YAML document; move what follows '---' to a file of its own");
        }

        return root;
    }

    private YamlNode Compose(int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new SemanticErrorException(
                parser.Current!.Start,
                parser.Current.End,
                $"nested more than {MaximumDepth} levels deep");
        }

        if (parser.Accept<AnchorAlias>(out _))
        {
            return Resolve(parser.Consume<AnchorAlias>());
        }

        long before = size++;
        var node = parser.Consume<NodeEvent>();
        YamlNode composed = node switch
        {
            Scalar scalar => Compose(scalar),
            SequenceStart sequence => ComposeSequence(sequence, depth),
            _ => ComposeMapping((MappingStart)node, depth),
        };
        if (!node.Anchor.IsEmpty)
        {
            anchors[node.Anchor] = (composed, size - before);
        }

        return composed;
    }

    private YamlScalar Compose(Scalar scalar)
    {
        size += scalar.Value.Length;
        return new YamlScalar(source.Of(scalar), scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private YamlSequence ComposeSequence(SequenceStart start, int depth)
    {
        var items = new List<YamlNode>();
        while (!parser.Accept<SequenceEnd>(out _))
        {
            items.Add(Compose(depth + 1));
        }

        return new YamlSequence(
            Extent(start, start.Style == SequenceStyle.Flow, parser.Consume<SequenceEnd>(), items.LastOrDefault()),
            items);
    }

    private YamlMapping ComposeMapping(MappingStart start, int depth)
    {
        var entries = new OrderedDictionary<string, YamlEntry>();
        YamlNode? last = null;
        while (!parser.Accept<MappingEnd>(out _))
        {
            YamlNode key = Compose(depth + 1);
            YamlNode value = Compose(depth + 1);
            if (value is YamlScalar { IsPlain: true, Value: "" })
            {
                value = value with { Location = key.Location };
            }

            last = value;
            if (Usable(key, entries) is { } usable)
            {
                entries.Add(usable.Value, new YamlEntry(usable, value));
            }
        }

        return new YamlMapping(
            Extent(start, start.Style == MappingStyle.Flow, parser.Consume<MappingEnd>(), last),
            entries);
    }

    private YamlScalar? Usable(YamlNode key, OrderedDictionary<string, YamlEntry> entries)
    {
        if (key is not YamlScalar scalar)
        {
            Report($"a key must be a name, found {key.Kind}");
        }
        else if (scalar.Value.Any(char.IsControl))
        {
            Report("a key must be on one line");
        }
        else if (scalar is { IsPlain: true, Value: "<<" })
        {
            Report("merge keys are not supported; put what artifacts share in 'defaults', or use an alias for a whole "
                + "value");
        }
        else if (entries.TryGetValue(scalar.Value, out YamlEntry? first))
        {
            diagnostics.Add(RecipeDiagnostics.DuplicateKey, key.Location,
                $"duplicate key '{scalar.Value}'; it is already on line {first.Key.Location.Line}, remove one of them");
        }
        else
        {
            return scalar;
        }

        return null;

        void Report(string message) => diagnostics.Add(RecipeDiagnostics.Syntax, key.Location, message);
    }

    // The alias keeps its own place, where a value turns out wrong; what is nested keeps the place it is written at.
    private YamlNode Resolve(AnchorAlias alias)
    {
        SourceLocation location = source.Between(alias.Start, alias.End);
        if (anchors.TryGetValue(alias.Value, out var anchored))
        {
            // Aliases of aliases grow without bounds when they are walked.
            size += anchored.Size;
            if (size > MaximumSize)
            {
                throw new SemanticErrorException(
                    alias.Start,
                    alias.End,
                    "With its aliases written out the recipe would be too long; write fewer of them");
            }

            return anchored.Node with { Location = location };
        }

        string text = "*" + alias.Value;
        diagnostics.Add(RecipeDiagnostics.Syntax, location,
            $"no anchor '&{alias.Value}' stands before this alias; if '{text}' is meant as text, put it in quotes");
        return new YamlScalar(location, text, IsPlain: false);
    }

    // The parser ends a flow collection before its bracket, and a block collection at the token that follows it.
    private SourceLocation Extent(NodeEvent start, bool isFlow, ParsingEvent end, YamlNode? last)
    {
        SourceLocation extent = source.Between(start.Start, end.End);
        if (isFlow)
        {
            return extent with { EndColumn = extent.EndColumn + 1 };
        }

        return last is null ? extent : source.Between(extent, last.Location);
    }

    private void ReportSyntax(Mark start, Mark end, string problem)
    {
        if (source.IndentingTab(start.Line, end.Line) is { } tab)
        {
            diagnostics.Add(RecipeDiagnostics.Syntax, tab, "a tab cannot indent YAML; use spaces");
            return;
        }

        bool isRange = source.Line(start.Line).TrimStart().StartsWith("requires: [", StringComparison.Ordinal);
        diagnostics.Add(RecipeDiagnostics.Syntax, source.Between(start, end), isRange
            ? "a version range must be in quotes, as in requires: \"[0.1,1.0)\""
            : "invalid YAML: " + problem);
    }

    private static string Sentence(string message)
        => message.Length == 0 ? message : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');
}
