namespace SparseLlm.Diagnostics;

/// <summary>How serious a diagnostic is, in MSBuild's terms.</summary>
public enum Severity
{
    /// <summary>The work goes on; the user should know.</summary>
    Warning,

    /// <summary>The work stops.</summary>
    Error,
}
