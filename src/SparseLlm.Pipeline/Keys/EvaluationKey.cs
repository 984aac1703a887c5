using SparseLlm.Pipeline.Digests;

namespace SparseLlm.Pipeline.Keys;

/// <summary>The key of a measured perplexity.</summary>
internal static class EvaluationKey
{
    /// <summary>The key of a measurement.</summary>
    /// <param name="revision">The revision of the algorithms.</param>
    /// <param name="model">The digest of the measured model's files.</param>
    /// <param name="dense">The digests of the dense model's files, among which its tokenizer's are.</param>
    /// <param name="numerics">The numerics class of the engine that measures.</param>
    /// <param name="text">The key of the text (<see cref="PerplexityKey"/>).</param>
    public static string Of(
        int revision,
        string model,
        IReadOnlyDictionary<string, string> dense,
        string numerics,
        string text)
    {
        using var key = new KeyBuilder("evaluation", revision);
        return key.Add("model", model)
            .Add("tokenizer", TokenizerDigest.Of(dense))
            .Add("numerics", numerics)
            .Add("text", text)
            .Build();
    }
}
