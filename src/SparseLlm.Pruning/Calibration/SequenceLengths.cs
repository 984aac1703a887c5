using SparseLlm.Diagnostics;

namespace SparseLlm.Pruning.Calibration;

/// <summary>The rule that windows must fit the model.</summary>
internal static class SequenceLengths
{
    /// <exception cref="DiagnosticException">The window is longer than the model allows.</exception>
    public static void Check(int length, int modelMaximum, SourceLocation? location)
    {
        if (length > modelMaximum)
        {
            throw PruningDiagnostics.SequenceTooLong.Error(
                location, $"windows of {length} tokens are longer than the model's maximum of {modelMaximum}; use a "
                    + $"smaller sequenceLength");
        }
    }
}
