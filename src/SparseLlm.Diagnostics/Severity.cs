namespace SparseLlm.Diagnostics;

/// <summary>How serious a diagnostic is. MSBuild knows warnings and errors; a note is a line like any other to
/// it.</summary>
public enum Severity
{
    /// <summary>Something that a run has met and that nobody has to change: what it makes is what was asked for, so
    /// that no build may fail for it.</summary>
    Note,

    /// <summary>The work goes on, but something should be changed. It is said in every build until then.</summary>
    Warning,

    /// <summary>The work stops.</summary>
    Error,
}
