using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Output;

/// <summary>A line of text in place of the first line of a frame, of which nothing stays behind it.</summary>
internal sealed class ClearedLine(string text, Style style) : Renderable
{
    // Before the text: behind a line that fills the terminal the cursor still stands on its last character.
    private const string ClearToEnd = "\e[K";

    /// <inheritdoc/>
    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        yield return Segment.Control(ClearToEnd);
        foreach (Segment segment in ((IRenderable)new Text(text, style)).Render(options, maxWidth))
        {
            yield return segment;
            if (segment.IsLineBreak)
            {
                yield return Segment.Control(ClearToEnd);
            }
        }

        yield return Segment.LineBreak;
    }
}
