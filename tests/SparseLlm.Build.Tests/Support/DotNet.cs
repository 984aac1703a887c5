using System.Diagnostics;
using System.Text;

namespace SparseLlm.Build.Tests.Support;

/// <summary>Starts the <c>dotnet</c> command, away from the packages, tools and settings of whoever runs the
/// tests.</summary>
internal sealed class DotNet(string home)
{
    /// <summary>The home of the user that commands run as.</summary>
    public string Home => home;

    /// <summary>The version of the packages, which the example projects refer to.</summary>
    public string Version { get; set; } = "";

    /// <summary>The command with its arguments, to be started in a directory.</summary>
    public ProcessStartInfo Command(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The test host was itself started by a build, whose settings are not for this one.
        foreach (string name in Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)))
        {
            start.Environment.Remove(name);
        }

        start.Environment["TestedVersion"] = Version;
        start.Environment["SPARSELLM_CACHE"] = Path.Combine(home, "cache");
        start.Environment["NUGET_PACKAGES"] = Path.Combine(home, "packages");
        start.Environment["DOTNET_CLI_HOME"] = home;
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";

        // Without nodes that stay, each build would start a compiler of its own, which takes longer than the rest of
        // it.
        start.Environment["UseSharedCompilation"] = "true";
        return start;
    }

    /// <summary>Runs the command to its end.</summary>
    public static (int ExitCode, string Output) Run(ProcessStartInfo command)
    {
        using Process process = Process.Start(command)!;
        var output = new StringBuilder();
        DataReceivedEventHandler append = (_, line) =>
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        };
        process.OutputDataReceived += append;
        process.ErrorDataReceived += append;
        if (command.RedirectStandardInput)
        {
            process.StandardInput.Close();
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        return (process.ExitCode, output.ToString());
    }
}
