namespace SparseLlm.Diagnostics;

/// <summary>One error, warning or note, as it is shown to the user.</summary>
/// <param name="Descriptor">Its kind.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="Location">Where; null when no file is to blame.</param>
public sealed record Diagnostic(DiagnosticDescriptor Descriptor, string Message, SourceLocation? Location)
{
    /// <summary>The documented code, such as <c>SLM1003</c>.</summary>
    public string Code => Descriptor.Code;

    /// <summary>How serious it is.</summary>
    public Severity Severity => Descriptor.Severity;

    /// <summary>
    /// MSBuild's canonical format, which IDEs and CI systems turn into a link:
    /// <c>pruning.yaml(12,5,12,13): error SLM1003: unknown key 'sparsty'; did you mean 'sparsity'?</c>
    /// One line, whatever the names in it: message and path pass through <see cref="Printable"/>.
    /// </summary>
    public override string ToString()
    {
        string origin = Location?.ToString() ?? "sparsellm";
        return Printable.Of($"{origin}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message}");
    }
}
