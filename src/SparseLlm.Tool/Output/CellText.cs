using System.Text;
using SparseLlm.Diagnostics;
using Spectre.Console;

namespace SparseLlm.Tool.Output;

/// <summary>Text that is fitted into the cells of a terminal's line.</summary>
internal static class CellText
{
    private const string Ellipsis = "…";

    /// <summary>As much of a text as has room.</summary>
    /// <param name="text">The text; what a terminal would take for a command is made visible.</param>
    /// <param name="width">Cells.</param>
    public static string Cut(string text, int width)
    {
        string shown = Printable.Of(text);
        if (shown.GetCellWidth() <= width)
        {
            return shown;
        }

        string begun = "";
        foreach (Rune rune in shown.EnumerateRunes()
            .TakeWhile(rune => (begun + rune + Ellipsis).GetCellWidth() <= width))
        {
            begun += rune;
        }

        return width <= 0 ? "" : begun + Ellipsis;
    }
}
