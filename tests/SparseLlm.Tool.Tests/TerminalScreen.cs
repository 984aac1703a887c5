using System.Diagnostics;

namespace SparseLlm.Tool.Tests;

/// <summary>The screen of a terminal that a person would sit at: tmux, which draws what it is told as xterm and its
/// like do.</summary>
internal static class TerminalScreen
{
    private const string Program = "/usr/bin/tmux";
    private const int Height = 100;

    /// <summary>Whether there is one here.</summary>
    public static bool IsHere => File.Exists(Program);

    /// <summary>What is left on the screen when a shell command has ended, line by line without the spaces at their
    /// ends.</summary>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="command">The command.</param>
    public static string[] Of(int width, string command)
    {
        string server = $"sparsellm-{Guid.NewGuid():N}";
        try
        {
            Tmux(
                server,
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                $"{width}",
                "-y",
                $"{Height}",
                $"{command}; {Program} -L {server} wait-for -S ended; sleep 600");
            Tmux(server, "wait-for", "ended");
            return [.. Tmux(server, "capture-pane", "-p").TrimEnd().Split('\n').Select(line => line.TrimEnd())];
        }
        finally
        {
            Tmux(server, "kill-server");
        }
    }

    private static string Tmux(string server, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, ["-u", "-L", server, .. arguments]) { RedirectStandardOutput = true };
        start.Environment["SPARSELLM_CACHE"] = "off";
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment.Remove("CI");
        start.Environment.Remove("NO_COLOR");
        start.Environment.Remove("TMUX");
        using Process tmux = Process.Start(start)!;
        string output = tmux.StandardOutput.ReadToEnd();
        tmux.WaitForExit();
        return output;
    }
}
