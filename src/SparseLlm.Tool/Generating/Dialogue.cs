using SparseLlm.Diagnostics;
using SparseLlm.Runtime.Generation;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Generating;

/// <summary>A person at a terminal and a model, taking turns.</summary>
internal sealed class Dialogue(Conversation conversation, GenerationOptions options, AnswerWriter answers)
{
    private const string Mark = ">>> ";
    private const string Commands = "/clear begins anew, /exit ends (as Ctrl+D does), Ctrl+C stops an answer";

    /// <summary>Takes turns until the person has had enough.</summary>
    /// <returns>The exit code.</returns>
    public int Run(CancellationToken cancellation)
    {
        Terminal.Progress(Commands);
        while (ReadLine(cancellation) is { } line)
        {
            switch (line.Trim())
            {
                case "":
                    break;
                case "/exit" or "/bye" or "/quit":
                    return ExitCodes.Done;
                case "/clear":
                    conversation.Clear();
                    break;
                case "/help" or "/?":
                    Terminal.Progress(Commands);
                    break;
                case ['/', .. var rest] command when rest.All(char.IsAsciiLetter):
                    Terminal.Progress($"there is no command {command}; {Commands}");
                    break;
                default:
                    Answer(line, cancellation);
                    break;
            }
        }

        return cancellation.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Done;
    }

    /// <summary>What a person can do something about, such as a context that is full, does not end the
    /// conversation.</summary>
    private void Answer(string text, CancellationToken cancellation)
    {
        try
        {
            answers.Write(token => conversation.Say(text, options, token), cancellation);
        }
        catch (DiagnosticException exception)
        {
            foreach (Diagnostic diagnostic in exception.Diagnostics)
            {
                Terminal.Show(diagnostic);
            }
        }
    }

    /// <summary>A line; null at the end of what there is to read, or when the work is called off: reading cannot
    /// be.</summary>
    private static string? ReadLine(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return null;
        }

        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write(Mark);
        }

        try
        {
            return Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(cancellation).GetAwaiter()
                .GetResult();
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine();
            return null;
        }
    }
}
