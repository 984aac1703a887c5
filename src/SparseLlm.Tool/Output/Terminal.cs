using System.Text.Json;
using System.Text.Json.Serialization;
using SparseLlm.Diagnostics;
using Spectre.Console;

namespace SparseLlm.Tool.Output;

/// <summary>
/// What a command writes: its result on standard output, as text or as JSON; progress and diagnostics on standard error.
/// </summary>
internal sealed class Terminal(bool json)
{
    private const int WidthWithoutTerminal = 160;

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
    };

    private readonly IAnsiConsole console = CreateConsole();

    /// <summary>Writes a command's result: the object as JSON, or what <paramref name="text"/> writes.</summary>
    public void Result<T>(T result, Action<IAnsiConsole> text)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonOptions));
        }
        else
        {
            text(console);
        }
    }

    /// <summary>Writes one line of progress.</summary>
    public static void Progress(string line) => Console.Error.WriteLine(line);

    /// <summary>Writes a diagnostic in MSBuild's canonical format.</summary>
    public static void Show(Diagnostic diagnostic) => Console.Error.WriteLine(diagnostic.ToString());

    private static IAnsiConsole CreateConsole()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        return console;
    }
}
