using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;

namespace SparseLlm.Pipeline.Artifacts.Cached;

/// <summary>A perplexity in the cache.</summary>
internal static class CachedPerplexity
{
    /// <summary>The kind of these entries.</summary>
    public const string Kind = "perplexity";

    /// <summary>The perplexity of an entry, if it is one of windows of the length that the text is cut into.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="text">The text.</param>
    /// <param name="dense">The model whose tokenizer cuts it.</param>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static Perplexity Read(CacheEntry entry, PerplexityText text, DenseModel dense)
    {
        var perplexity = entry.MetadataAs<Perplexity>(Kind);
        int length = text.SequenceLength ?? CalibrationTokens.DefaultSequenceLength(dense.Definition.MaximumLength);
        return perplexity is { Value: > 0, Windows: > 0 } && double.IsFinite(perplexity.Value)
            && perplexity.Tokens == (long)perplexity.Windows * length
            ? perplexity
            : throw new InvalidDataException("it does not hold a perplexity of this text");
    }
}
