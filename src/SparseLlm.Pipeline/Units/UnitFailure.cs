using SparseLlm.Diagnostics;

namespace SparseLlm.Pipeline.Units;

/// <summary>An error that a unit ended with.</summary>
/// <param name="Code">Its code, such as SLM4003.</param>
/// <param name="Message">Its message.</param>
internal sealed record UnitFailure(string Code, string Message)
{
    /// <summary>What a diagnostic says, and where.</summary>
    public static UnitFailure Of(Diagnostic diagnostic) => new(
        diagnostic.Code,
        diagnostic.Location is { } location ? $"{location}: {diagnostic.Message}" : diagnostic.Message);
}
