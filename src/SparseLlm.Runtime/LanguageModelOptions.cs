namespace SparseLlm.Runtime;

/// <summary>How a model is opened.</summary>
public sealed class LanguageModelOptions
{
    /// <summary>Threads that compute, the caller's included; one per processor by default. Results do not depend on
    /// it.</summary>
    public int Threads { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// The most tokens that a sequence may have, prompt and answer together. By default what the model was made for,
    /// but no more than 4096: the cache is sized by it.
    /// </summary>
    public int? ContextLength { get; set; }

    /// <summary>Tokens that go through the layers at a time: enough that expanding a weight costs little beside using
    /// it, few enough that activations stay small.</summary>
    internal int StepTokens { get; set; } = 256;
}
