using Spectre.Console;
using Spectre.Console.Rendering;

namespace SparseLlm.Tool.Output;

/// <summary>
/// A frame that is drawn anew in its place, as often as there is something to show. The library's live display lasts as
/// long as a callback and always has something to show; one that is empty moves the cursor up by no lines, which many
/// terminals take for one.
/// </summary>
internal sealed class LiveFrame(IAnsiConsole console) : IDisposable
{
    private readonly Lock turn = new();
    private LiveDisplayContext? display;
    private TaskCompletionSource? end;
    private Task? ended;
    private bool isOver;

    /// <summary>Draws the frame; null takes it away.</summary>
    /// <param name="frame">What to draw, at least two lines.</param>
    public void Show(IRenderable? frame)
    {
        lock (turn)
        {
            if (frame is null)
            {
                TakeAway();
            }
            else if (display is not null)
            {
                display.UpdateTarget(frame);
            }
            else if (!isOver)
            {
                Begin(frame);
            }
        }
    }

    /// <summary>Takes the frame away; none is drawn any more.</summary>
    public void Dispose()
    {
        lock (turn)
        {
            isOver = true;
            TakeAway();
        }
    }

    private void Begin(IRenderable frame)
    {
        var open = new TaskCompletionSource();
        ended = console.Live(frame).AutoClear(true).StartAsync(started =>
        {
            display = started;
            return open.Task;
        });
        end = open;
        display?.Refresh();
    }

    private void TakeAway()
    {
        end?.SetResult();
        ended?.GetAwaiter().GetResult();
        (display, end, ended) = (null, null, null);
    }
}
