using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using Spectre.Console;

namespace SparseLlm.Tool.Output;

/// <summary>
/// What a command writes: its result on standard output, as text or as JSON; progress and diagnostics on standard
/// error.
/// </summary>
internal sealed class Terminal(bool json)
{
    // Nothing is left out of a file, and no line of it is wrapped.
    private const int WidthWithoutTerminal = 100_000;

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Writes a command's result: the object as JSON, or what <paramref name="text"/> writes.</summary>
    public void Result<T>(T result, Action<TextOutput> text)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonOptions));
        }
        else
        {
            text(new TextOutput(CreateConsole()));
        }
    }

    /// <summary>Standard error, where a person watches it.</summary>
    public static IAnsiConsole Errors { get; }
        = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Whether a person watches standard error: it is a terminal that can be drawn on, and not that of a CI
    /// machine.</summary>
    public static bool IsWatched =>
        !Console.IsErrorRedirected && Errors.Profile.Capabilities.Ansi && Errors.Profile.Capabilities.Interactive
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));

    /// <summary>Writes one line of progress, whatever the names in it.</summary>
    public static void Progress(string line) => WriteError(Printable.Of(line), Style.Plain);

    /// <summary>Writes a last line while work goes on that may have hidden the cursor, and will not come to show it
    /// again.</summary>
    public static void Leave(string line)
    {
        if (IsWatched)
        {
            Errors.Cursor.Show(show: true);
        }

        Progress(line);
    }

    /// <summary>Writes a diagnostic in MSBuild's canonical format, a note in the same form.</summary>
    public static void Show(Diagnostic diagnostic) =>
        WriteError(diagnostic.ToString(), diagnostic.Severity switch
        {
            Severity.Error => new Style(Color.Red),
            Severity.Warning => new Style(Color.Yellow),
            _ => Style.Plain,
        });

    private static void WriteError(string line, Style style)
    {
        if (IsWatched)
        {
            // Through the same console as the live display, which makes room for it.
            Errors.Write(new ClearedLine(line, style));
        }
        else
        {
            Console.Error.WriteLine(line);
        }
    }

    private static IAnsiConsole CreateConsole()
    {
        if (!Console.IsOutputRedirected)
        {
            return AnsiConsole.Create(new AnsiConsoleSettings());
        }

        // The library goes by TERM, which says what the terminal can do and not that the output goes there.
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
