using System.Text;
using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Generation;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Generating;

/// <summary>
/// Writes answers to standard output while they are being made. What comes from a model is not trusted: a terminal gets
/// no character that commands it. A file or a pipe gets the text itself.
/// </summary>
/// <param name="isShown">Whether they are written; where the result is JSON, they are a part of it.</param>
/// <param name="tally">Counts the tokens.</param>
internal sealed class AnswerWriter(bool isShown, Tally tally)
{
    /// <summary>Why the text of an answer ends that was called off.</summary>
    public const string Cancelled = "cancelled";

    // A reader that has seen enough is no failure.
    private const string Unread = "unread";

    /// <summary>Writes an answer until it ends, or Ctrl+C ends it.</summary>
    /// <param name="answer">Gives its pieces, until it is called off.</param>
    /// <param name="cancellation">Calls it off, too.</param>
    /// <returns>The text, and why it has ended.</returns>
    public (string Text, string EndReason) Write(
        Func<CancellationToken, IEnumerable<GeneratedText>> answer,
        CancellationToken cancellation)
    {
        using var part = new Interruptible(cancellation);
        using PipedOutput? pipe = isShown ? PipedOutput.TryOpen() : null;
        var text = new StringBuilder();
        string end = Cancelled;
        try
        {
            foreach (GeneratedText piece in tally.Count(answer(part.Token)))
            {
                text.Append(piece.Text);
                if (!TryShow(piece.Text, pipe))
                {
                    end = Unread;
                    break;
                }

                end = piece.End is { } reason ? NameOf(reason) : end;
            }
        }
        catch (OperationCanceledException) when (part.Token.IsCancellationRequested)
        {
        }

        if (isShown && !Console.IsOutputRedirected)
        {
            Console.Out.WriteLine();
        }

        return (text.ToString(), end);
    }

    /// <summary>Shows a piece; false if nobody reads any more.</summary>
    private bool TryShow(string text, PipedOutput? pipe)
    {
        if (!isShown || text.Length == 0)
        {
            return true;
        }

        if (pipe is not null)
        {
            return pipe.TryWrite(text);
        }

        Console.Out.Write(Console.IsOutputRedirected ? text : Printable.Lines(text));
        return true;
    }

    private static string NameOf(EndReason reason) => reason switch
    {
        EndReason.EndToken => "endToken",
        EndReason.StopString => "stopString",
        _ => "length",
    };
}
