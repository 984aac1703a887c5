using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Gguf;

/// <summary>What can be wrong with a GGUF file, or with the wish for one.</summary>
public static class GgufDiagnostics
{
    /// <summary>A file breaks the GGUF format.</summary>
    public static readonly DiagnosticDescriptor Malformed = new("SLM2210", "Malformed GGUF file");

    /// <summary>Values of a GGUF tensor are needed, and its type is none that can be read.</summary>
    public static readonly DiagnosticDescriptor UnreadableType = new("SLM2211", "GGUF tensor type that cannot be read");

    /// <summary>The runtimes that read GGUF know nothing like this model.</summary>
    public static readonly DiagnosticDescriptor UnsupportedModel = new("SLM2212", "Model that GGUF cannot hold");

    /// <summary>The runtimes that read GGUF compute something else than the model says.</summary>
    public static readonly DiagnosticDescriptor OtherResults = new(
        "SLM2213",
        "Runtimes of GGUF deviate from the model",
        Severity.Warning);

    /// <summary>A quantised type was asked for, and some matrices have rows that are no whole blocks of it.</summary>
    public static readonly DiagnosticDescriptor NotQuantized = new(
        "SLM2214",
        "Matrices that stay in half precision",
        Severity.Note);
}
