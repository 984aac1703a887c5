using SparseLlm.Diagnostics;

namespace SparseLlm.Models.Tokenizers;

/// <summary>A place in one of a tokenizer's files, so that every mistake can be named, while reading it and when it
/// shows on a text.</summary>
/// <param name="File">The file's path as the user knows it.</param>
/// <param name="Path">Where in the file, such as <c>pre_tokenizer.pretokenizers[1]</c>; empty for the whole.</param>
internal readonly record struct TokenizerPlace(string File, string Path)
{
    private const int ExcerptLength = 200;

    private string Subject => Path.Length == 0 ? "the tokenizer" : $"'{Excerpt(Path)}'";

    /// <summary>A member of the object in this place.</summary>
    public TokenizerPlace Member(string name) => this with { Path = Path.Length == 0 ? name : $"{Path}.{name}" };

    /// <summary>An element of the array in this place.</summary>
    public TokenizerPlace Item(int index) => this with { Path = $"{Path}[{index}]" };

    /// <summary>An error: what is in this place does not have the form that it must have.</summary>
    public DiagnosticException Malformed(string problem) => Error(
        TokenizerDiagnostics.Malformed, $"{problem}; correct it, or save the tokenizer anew with its save_pretrained.");

    /// <summary>An error: this component or setting is not implemented.</summary>
    public DiagnosticException Unsupported(string problem) => Error(TokenizerDiagnostics.Unsupported, problem);

    /// <summary>An error.</summary>
    /// <param name="descriptor">Its kind.</param>
    /// <param name="problem">What this place does wrong, to go on behind its name, and what to do.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public DiagnosticException Error(DiagnosticDescriptor descriptor, string problem, Exception? inner = null) =>
        descriptor.Error(new SourceLocation(File), $"{Subject} {problem}", inner);

    /// <summary>As much of a text from the file as a message can hold.</summary>
    public static string Excerpt(string text)
        => text.Length <= ExcerptLength ? text : $"{text.AsSpan(0, ExcerptLength)}...";
}
