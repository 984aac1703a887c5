using System.Text;

namespace SparseLlm.Runtime.Chat.Templates;

/// <summary>One run of a template: what it has written, what it has used up, and what time it is.</summary>
/// <param name="time">The clock that <c>strftime_now</c> reads.</param>
internal sealed class Rendering(TimeProvider time)
{
    private StringBuilder output = new();

    /// <summary>What it may use up.</summary>
    public Budget Budget { get; } = new();

    /// <summary>The time, where the machine is.</summary>
    public DateTimeOffset Now => time.GetLocalNow();

    /// <summary>Writes.</summary>
    public void Write(string text)
    {
        Budget.Append(output, text);
    }

    /// <summary>What an action writes, which goes nowhere else.</summary>
    public string Capture(Action action)
    {
        StringBuilder around = output;
        output = new StringBuilder();
        try
        {
            action();
            return output.ToString();
        }
        finally
        {
            output = around;
        }
    }
}
