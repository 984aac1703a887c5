namespace SparseLlm.Diagnostics;

/// <summary>A failure that the user can act on: one or more diagnostics, at least one of them an error.</summary>
public sealed class DiagnosticException : Exception
{
    /// <summary>A failure with a single diagnostic.</summary>
    public DiagnosticException(Diagnostic diagnostic, Exception? inner = null)
        : base(diagnostic.ToString(), inner) => Diagnostics = [diagnostic];

    /// <summary>A failure with every diagnostic found in one pass, in the order of the file.</summary>
    public DiagnosticException(IReadOnlyList<Diagnostic> diagnostics)
        : base(string.Join(Environment.NewLine, diagnostics)) => Diagnostics = diagnostics;

    /// <summary>What went wrong; never empty.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }
}
