using System.Globalization;
using System.IO.Pipes;
using System.Text;
using SparseLlm.Pipeline;

namespace SparseLlm.Tool.Tests.TestWorker;

/// <summary>A worker that says and does what a script tells it, a command on each line, whether that is of the protocol
/// or not.</summary>
internal sealed class ScriptedWorker(string handle)
{
    private const int Much = 20_000;

    private readonly Stream answers = new AnonymousPipeClientStream(PipeDirection.Out, handle);

    /// <summary>Runs a script.</summary>
    /// <returns>The exit code; 0 where the script has no other.</returns>
    public int Run(string script)
    {
        foreach (string[] command in script.Split('\n').Select(line => line.Split(' ', 2)))
        {
            switch (command)
            {
                case ["greet"]:
                    Send($$"""{"is":"Hello","protocol":9,"tool":"{{ToolVersion.Current.ToNormalizedString()}}","numericsClass":"test","description":"a script"}""" + "\n");
                    break;
                case ["send", var line]:
                    Send(line + "\n");
                    break;
                case ["begin", var part]:
                    Send(part);
                    break;
                case ["bytes", var hex]:
                    answers.Write(Convert.FromHexString(hex));
                    answers.Flush();
                    break;
                case ["endless"]:
                    Endlessly(answers);
                    break;
                case ["flood"]:
                    Console.Error.Write(new string('x', Much));
                    Console.Error.WriteLine(
                        string.Concat(Enumerable.Range(0, Much).Select(line => $"line {line} \u001b[31m\n")));
                    break;
                case ["receive", var count]:
                    for (int i = int.Parse(count, CultureInfo.InvariantCulture); i > 0; i--)
                    {
                        Console.In.ReadLine();
                    }

                    break;
                case ["close"]:
                    answers.Dispose();
                    break;
                case ["stay"]:
                    Thread.Sleep(TimeSpan.FromMinutes(5));
                    break;
                case ["exit", var code]:
                    return int.Parse(code, CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    private void Send(string text)
    {
        answers.Write(Encoding.UTF8.GetBytes(text));
        answers.Flush();
    }

    private static void Endlessly(Stream stream)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(new string('x', 1 << 20));
        try
        {
            while (true)
            {
                stream.Write(bytes);
            }
        }
        catch (IOException)
        {
            // Nobody listens any more.
        }
    }
}
