using System.Text;
using System.Text.Json;

namespace SparseLlm.Tool.Tests;

/// <summary>What came of a command: its exit code, standard output and standard error.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    // Tests of the cache name one; the others must not find what an earlier run has made.
    static ToolRun() => Environment.SetEnvironmentVariable("SPARSELLM_CACHE", "off");

    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>
    /// Runs a command line in this process, where all that it needs is compiled already: for tests that are about what
    /// it does. Those about processes, streams, signals and the environment start a <see cref="ToolProcess"/>.
    /// </summary>
    public static ToolRun Of(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = Diverted.To(output, error, () => CommandLine.RunAsync(arguments).GetAwaiter().GetResult());
        return new ToolRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The console of this process, of which each command that runs in it has its own.</summary>
    private sealed class Diverted(TextWriter console, Func<(TextWriter Output, TextWriter Error), TextWriter> choose)
        : TextWriter
    {
        private static readonly AsyncLocal<(TextWriter Output, TextWriter Error)?> Current = new();

        static Diverted()
        {
            Console.SetOut(new Diverted(Console.Out, current => current.Output));
            Console.SetError(new Diverted(Console.Error, current => current.Error));
        }

        // That of the tool, whatever that of the console is here.
        public override Encoding Encoding => Encoding.UTF8;

        private TextWriter Writer => Current.Value is { } current ? choose(current) : console;

        public static int To(TextWriter output, TextWriter error, Func<int> run)
        {
            Current.Value = (output, error);
            try
            {
                return run();
            }
            finally
            {
                Current.Value = null;
            }
        }

        public override void Write(char value) => Writer.Write(value);

        public override void Write(string? value) => Writer.Write(value);

        public override void Write(char[] buffer, int index, int count) => Writer.Write(buffer, index, count);

        public override void Flush() => Writer.Flush();
    }
}
