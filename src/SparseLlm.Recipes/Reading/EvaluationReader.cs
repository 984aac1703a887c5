using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes.Keys;
using SparseLlm.Recipes.Yaml;

namespace SparseLlm.Recipes.Reading;

/// <summary>Reads <c>evaluation</c>.</summary>
internal sealed class EvaluationReader(ReadingContext context, TextSourceReader texts)
{
    /// <summary>The perplexities, in the order of the file; null if it cannot be said which.</summary>
    public IReadOnlyList<PerplexityText>? Read(YamlEntry entry)
    {
        if (context.Open(entry, EvaluationKeys.All) is not { } section)
        {
            return null;
        }

        return section.Entry(EvaluationKeys.Perplexity) is { } perplexity
            ? [.. context.Named(perplexity, "name").Select(Perplexity)]
            : section.Means(EvaluationKeys.Perplexity) ? null
            : [];
    }

    // A perplexity that cannot be read still counts as declared, so that its gates are not reported as well.
    private PerplexityText Perplexity(YamlEntry entry)
    {
        if (entry.Name == SizeGateKeys.MaxSize.Name)
        {
            context.Diagnostics.Add(
                RecipeDiagnostics.InvalidValue,
                entry.Key.Location,
                $"a perplexity cannot be called '{entry.Name}', which is the gate on the size; give it another name");
        }

        if (entry.Value is YamlScalar { IsNull: false })
        {
            return new PerplexityText(entry.Name, texts.Read(entry.Value), null, entry.Key.Location);
        }

        if (context.Open(entry, PerplexityKeys.All) is not { } section)
        {
            return new PerplexityText(entry.Name, new TextSource([]), null, entry.Key.Location);
        }

        int? length = section.Find(TextKeys.SequenceLength) is { } node
            ? context.Scalars.Integer(TextKeys.SequenceLength, node)
            : null;
        NamedDataSet? set = texts.DataSet(section);
        int? windows = section.Find(PerplexityKeys.Windows) is { } limit
            ? context.Scalars.Integer(PerplexityKeys.Windows, limit)
            : set?.Windows;
        return new PerplexityText(entry.Name, texts.Read(section, set?.Evaluation), length, entry.Key.Location)
        {
            Windows = windows
        };
    }
}
