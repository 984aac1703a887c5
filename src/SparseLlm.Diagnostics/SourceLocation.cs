namespace SparseLlm.Diagnostics;

/// <summary>A place in a file. Lines and columns count from 1; 0 means that the whole file is meant.</summary>
/// <param name="File">The path as the user knows it.</param>
/// <param name="Line">First line, or 0.</param>
/// <param name="Column">First column, or 0.</param>
/// <param name="EndLine">Last line, or 0.</param>
/// <param name="EndColumn">The column after the last character, or 0.</param>
public sealed record SourceLocation(string File, int Line = 0, int Column = 0, int EndLine = 0, int EndColumn = 0)
{
    /// <summary>The location as MSBuild's canonical error format begins:
    /// <c>file(line,column,endLine,endColumn)</c>.</summary>
    public override string ToString() => this switch
    {
        { Line: 0 } => File,
        { EndLine: 0 } => FormattableString.Invariant($"{File}({Line},{Column})"),
        _ => FormattableString.Invariant($"{File}({Line},{Column},{EndLine},{EndColumn})"),
    };
}
