using System.Text.RegularExpressions;

namespace SparseLlm.Pipeline.Reports;

/// <summary>Text inside Markdown.</summary>
internal static partial class Markdown
{
    /// <summary>Text that stays text, in a cell of a table too.</summary>
    public static string Escape(string text) => Special().Replace(text.ReplaceLineEndings(" "), match => "\\" + match.Value);

    /// <summary>Whether a gate is met.</summary>
    public static string Verdict(GateResult gate) => gate.IsMet ? "✓ met" : "✗ **missed**";

    [GeneratedRegex(@"[\\`*_\[\]<>|#&]")]
    private static partial Regex Special();
}
