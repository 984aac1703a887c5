using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers;

/// <summary>What can be wrong with a model's tokenizer.</summary>
public static class TokenizerDiagnostics
{
    /// <summary>The model's directory has no tokenizer that can be read.</summary>
    public static readonly DiagnosticDescriptor Missing = new("SLM2101", "tokenizer not found");

    /// <summary>A file of the tokenizer is not what its name promises, or a field is missing, of a wrong type or
    /// impossible.</summary>
    public static readonly DiagnosticDescriptor Malformed = new("SLM2102", "malformed tokenizer");

    /// <summary>The tokenizer asks for a component or a setting that is not implemented.</summary>
    public static readonly DiagnosticDescriptor Unsupported = new("SLM2103", "unsupported tokenizer component");

    /// <summary>tokenizer.json uses a regular expression that cannot be reproduced exactly.</summary>
    public static readonly DiagnosticDescriptor UnsupportedPattern = new("SLM2104", "unsupported tokenizer pattern");

    /// <summary>A merge, a template or the unknown token names a token that the vocabulary does not have.</summary>
    public static readonly DiagnosticDescriptor UnknownToken = new("SLM2105", "token not in the vocabulary");

    /// <summary>Matching a regular expression of tokenizer.json does not come to an end.</summary>
    public static readonly DiagnosticDescriptor EndlessPattern = new("SLM2106", "tokenizer pattern without end");

    /// <summary>The rules of tokenizer.json make the text many times longer.</summary>
    public static readonly DiagnosticDescriptor Multiplied = new("SLM2107", "text multiplied by the tokenizer");
}
