using SparseLlm.Diagnostics;

namespace SparseLlm.Recipes;

/// <summary>Everything that can be said about a recipe. Codes are stable and never reused.</summary>
public static class RecipeDiagnostics
{
    /// <summary>The file is missing or may not be read.</summary>
    public static DiagnosticDescriptor Unreadable { get; } = new("SLM1001", "The recipe cannot be read");

    /// <summary>The text is not YAML, or uses a part of YAML that recipes do without (several documents, merge
    /// keys).</summary>
    public static DiagnosticDescriptor Syntax { get; } = new("SLM1002", "The recipe is not valid YAML");

    /// <summary>A key that means nothing where it stands.</summary>
    public static DiagnosticDescriptor UnknownKey { get; } = new("SLM1003", "Unknown key");

    /// <summary>A key without which the recipe says too little.</summary>
    public static DiagnosticDescriptor MissingKey { get; } = new("SLM1004", "Missing key");

    /// <summary>A key that its mapping already has.</summary>
    public static DiagnosticDescriptor DuplicateKey { get; } = new("SLM1005", "Duplicate key");

    /// <summary>A mapping where a list is expected, and the like.</summary>
    public static DiagnosticDescriptor WrongKind { get; } = new("SLM1006", "Wrong kind of value");

    /// <summary>A value that cannot be: not a number, out of range, empty.</summary>
    public static DiagnosticDescriptor InvalidValue { get; } = new("SLM1007", "Invalid value");

    /// <summary>A name that is not one of those to choose from.</summary>
    public static DiagnosticDescriptor UnknownChoice { get; } = new("SLM1008", "Unknown choice");

    /// <summary>A file or directory that does not exist, or a glob that matches nothing.</summary>
    public static DiagnosticDescriptor NotFound { get; } = new("SLM1009", "File not found");

    /// <summary>An interpolation of an environment variable that is not set, or of anything else.</summary>
    public static DiagnosticDescriptor Interpolation { get; } = new("SLM1010", "Interpolation failed");

    /// <summary>A version of the recipe format that this tool does not read.</summary>
    public static DiagnosticDescriptor UnsupportedVersion { get; } = new("SLM1011", "Unsupported recipe version");

    /// <summary>The running tool is not one of the versions that the recipe requires.</summary>
    public static DiagnosticDescriptor RequirementNotMet { get; }
        = new("SLM1012", "Tool version not allowed by the recipe");

    /// <summary>Keys that exclude each other.</summary>
    public static DiagnosticDescriptor Conflict { get; } = new("SLM1014", "Keys that exclude each other");

    /// <summary>An artifact name that cannot be a folder's.</summary>
    public static DiagnosticDescriptor InvalidName { get; } = new("SLM1015", "Invalid artifact name");

    /// <summary>Two artifacts of the same name, matrices expanded and letter case ignored.</summary>
    public static DiagnosticDescriptor DuplicateArtifact { get; } = new("SLM1016", "Duplicate artifact");

    /// <summary>A gate on a perplexity that the recipe does not measure.</summary>
    public static DiagnosticDescriptor UnknownPerplexity { get; } = new("SLM1017", "Gate on an unknown perplexity");

    /// <summary>A method that needs calibration data in a recipe that has none.</summary>
    public static DiagnosticDescriptor CalibrationMissing { get; } = new("SLM1018", "Calibration data missing");

    /// <summary>A setting that no artifact's method looks at.</summary>
    public static DiagnosticDescriptor NoEffect { get; } = new("SLM1019", "Setting without effect", Severity.Warning);

    /// <summary>A limit so wide that a percent sign was probably forgotten.</summary>
    public static DiagnosticDescriptor WideGate { get; } = new("SLM1020", "Suspiciously wide gate", Severity.Warning);

    /// <summary>More artifacts, rules or globs than anybody means.</summary>
    public static DiagnosticDescriptor TooMany { get; } = new("SLM1021", "Too many of something");

    /// <summary>Mistakes beyond those that are shown.</summary>
    public static DiagnosticDescriptor MoreMistakes { get; }
        = new("SLM1022", "More mistakes than are shown", Severity.Warning);
}
