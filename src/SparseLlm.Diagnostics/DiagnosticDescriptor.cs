namespace SparseLlm.Diagnostics;

/// <summary>
/// One kind of diagnostic: its stable code and what it means in general. Each library lists its own in one static class
/// (<c>RecipeDiagnostics</c>, <c>ModelDiagnostics</c>, ...): SLM1xxx recipes, SLM2xxx models, SLM3xxx pruning,
/// SLM4xxx pipeline and artifacts, SLM5xxx command line and MSBuild, SLM6xxx the hub.
/// </summary>
/// <param name="Code">The documented code, such as <c>SLM1003</c>. Never reused.</param>
/// <param name="Title">The kind of mistake in a few words, without the particulars of one occurrence.</param>
/// <param name="Severity">Whether the work can go on.</param>
public sealed record DiagnosticDescriptor(string Code, string Title, Severity Severity = Severity.Error)
{
    /// <summary>One occurrence of this diagnostic.</summary>
    /// <param name="message">What is wrong and what to do, in one or two sentences without a line break.</param>
    /// <param name="location">Where; null when no file is to blame.</param>
    public Diagnostic At(SourceLocation? location, string message) => new(this, message, location);

    /// <summary>An exception that carries one occurrence of this diagnostic.</summary>
    /// <param name="location">Where; null when no file is to blame.</param>
    /// <param name="message">What is wrong and what to do, in one or two sentences without a line break.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public DiagnosticException Error(SourceLocation? location, string message, Exception? inner = null) =>
        new(At(location, message), inner);
}
