using SparseLlm.Diagnostics;

namespace SparseLlm.Tool;

/// <summary>The diagnostics of the command line.</summary>
internal static class ToolDiagnostics
{
    /// <summary>An exception that nobody expected.</summary>
    public static readonly DiagnosticDescriptor Internal = new("SLM5000", "an internal error");

    /// <summary>An option's value is not valid.</summary>
    public static readonly DiagnosticDescriptor InvalidOption = new("SLM5001", "an option's value is not valid");

    /// <summary>A file that would be overwritten.</summary>
    public static readonly DiagnosticDescriptor FileExists = new("SLM5002", "a file exists");

    /// <summary>No recipe was found.</summary>
    public static readonly DiagnosticDescriptor RecipeMissing = new("SLM5003", "there is no recipe");
}
