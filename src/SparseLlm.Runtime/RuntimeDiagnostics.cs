using SparseLlm.Diagnostics;

namespace SparseLlm.Runtime;

/// <summary>What can go wrong when a model generates.</summary>
public static class RuntimeDiagnostics
{
    /// <summary>A prompt, or a prompt and its answer, has more tokens than the context.</summary>
    public static readonly DiagnosticDescriptor ContextTooShort = new("SLM2301", "more tokens than the context has");

    /// <summary>Keys and values of a whole context do not fit into memory.</summary>
    public static readonly DiagnosticDescriptor CacheTooLarge = new("SLM2302", "context does not fit into memory");

    /// <summary>The model gives logits that are NaN or infinite.</summary>
    public static readonly DiagnosticDescriptor NonFiniteLogits = new("SLM2303", "model gives no numbers");

    /// <summary>There is nothing to generate from.</summary>
    public static readonly DiagnosticDescriptor EmptyPrompt = new("SLM2304", "empty prompt");

    /// <summary>generation_config.json is not what its name promises, or has a value that nothing can be generated
    /// with.</summary>
    public static readonly DiagnosticDescriptor MalformedGenerationConfig = new(
        "SLM2305",
        "malformed generation_config.json");
}
