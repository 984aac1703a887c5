using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Gguf.Vocabulary;

/// <summary>What can be wrong with a tokenizer that is to go into a GGUF file.</summary>
public static class GgufVocabularyDiagnostics
{
    /// <summary>llama.cpp has no name for the way in which the tokenizer cuts text into words.</summary>
    public static readonly DiagnosticDescriptor UnknownPreTokenizer = new(
        "SLM2201",
        "pre-tokenizer without a name in llama.cpp");

    /// <summary>llama.cpp would encode text otherwise than the tokenizer, whatever is written into the file.</summary>
    public static readonly DiagnosticDescriptor NotExpressible = new("SLM2202", "tokenizer that GGUF cannot hold");

    /// <summary>The tokenizer has an id that the model has no row for.</summary>
    public static readonly DiagnosticDescriptor BeyondTable = new("SLM2203", "token beyond the model's token table");

    /// <summary>llama.cpp encodes some texts otherwise than the tokenizer.</summary>
    public static readonly DiagnosticDescriptor Differs = new(
        "SLM2204",
        "some texts get other tokens in llama.cpp",
        Severity.Note);
}
