using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Gguf.Decoders;

/// <summary>What is said of a model that cannot be written.</summary>
/// <param name="directory">Its directory.</param>
/// <param name="architecture">Its architecture.</param>
internal sealed class Refusal(string directory, string architecture)
{
    /// <summary>The error.</summary>
    /// <param name="reason">Why, as what follows "GGUF cannot hold this model: ".</param>
    public DiagnosticException Of(string reason) => GgufDiagnostics.UnsupportedModel.Error(
        new SourceLocation(
            directory), $"GGUF cannot hold this {architecture}: {reason}. Use the Hugging Face directory, which "
                + $"transformers and vLLM load");
}
