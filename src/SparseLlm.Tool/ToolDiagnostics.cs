using SparseLlm.Diagnostics;

namespace SparseLlm.Tool;

/// <summary>The diagnostics of the command line.</summary>
internal static class ToolDiagnostics
{
    /// <summary>An exception that nobody expected.</summary>
    public static readonly DiagnosticDescriptor Internal = new("SLM5000", "an internal error");

    /// <summary>The command line is not valid.</summary>
    public static readonly DiagnosticDescriptor InvalidOption = new("SLM5001", "the command line is not valid");

    /// <summary>A file that would be overwritten.</summary>
    public static readonly DiagnosticDescriptor FileExists = new("SLM5002", "a file exists");

    /// <summary>No recipe was found.</summary>
    public static readonly DiagnosticDescriptor RecipeMissing = new("SLM5003", "there is no recipe");

    /// <summary>The result cannot be written to standard output.</summary>
    public static readonly DiagnosticDescriptor OutputFailed = new("SLM5004", "standard output cannot be written");

    /// <summary>There is not enough memory.</summary>
    public static readonly DiagnosticDescriptor OutOfMemory = new("SLM5005", "there is not enough memory");

    /// <summary>A path that cannot stand in the lists for a build system.</summary>
    public static readonly DiagnosticDescriptor UnlistablePath = new("SLM5006", "a path cannot be listed");

    /// <summary>A recipe that init would write, and that would not be valid.</summary>
    public static readonly DiagnosticDescriptor InitImpossible = new("SLM5007", "a recipe cannot name something");

    /// <summary>There is no such project, or MSBuild cannot evaluate it.</summary>
    public static readonly DiagnosticDescriptor ProjectUnreadable = new("SLM5008", "a project cannot be evaluated");

    /// <summary>A project that prunes nothing, or not the recipe that is named.</summary>
    public static readonly DiagnosticDescriptor ProjectWithoutRecipe = new("SLM5009", "a project has no such recipe");

    /// <summary>More than one project, or recipe of a project, could be meant.</summary>
    public static readonly DiagnosticDescriptor ProjectAmbiguous = new(
        "SLM5010",
        "it is not clear which project or recipe is meant");
}
