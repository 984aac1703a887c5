using System.Diagnostics;
using System.Globalization;

namespace SparseLlm.Docs.Tests.Support;

/// <summary>The machine of a user who has cloned the repository and installed nothing of it yet: a home of its own, and
/// a shell.</summary>
internal sealed class Machine : IDisposable
{
    /// <summary>A page takes a minute or two; one that waits for something has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly string home;
    private readonly Clone clone;

    public Machine(string home, Clone clone)
    {
        this.home = home;
        this.clone = clone;
        NuGetHome.Furnish(home);
    }

    /// <summary>Ends the processes that builds have left for the next one.</summary>
    public void Dispose()
    {
        var start = new ProcessStartInfo("dotnet", ["build-server", "shutdown", "--msbuild"])
        {
            WorkingDirectory = home,
            RedirectStandardOutput = true
        };
        Settle(start.Environment);
        using Process shutdown = Process.Start(start)!;
        shutdown.StandardOutput.ReadToEnd();
        shutdown.WaitForExit();
    }

    /// <summary>Types the commands of a page, one after the other, into one shell that starts in the root of the
    /// clone.</summary>
    public void Follow(Page page)
    {
        string script = Path.Combine(home, page.Path.Replace('/', '-') + ".sh");
        string log = Path.ChangeExtension(script, ".log");
        File.WriteAllLines(script, [$"exec >'{log}' 2>&1 </dev/null", .. page.Blocks.Where(block => block.IsRun)
            .Select(block => Typed(page, block))]);

        // Every line is printed as it is read, so that the last one is the one that failed.
        var start = new ProcessStartInfo("bash", ["-e", "-v", "-o", "pipefail", script])
        {
            WorkingDirectory = clone.Root
        };
        Settle(start.Environment);
        using Process shell = Process.Start(start)!;
        if (!shell.WaitForExit(Patience))
        {
            shell.Kill(entireProcessTree: true);
        }

        shell.WaitForExit();
        shell.ExitCode.ShouldBe(0, File.ReadAllText(log));
    }

    private static string Typed(Page page, CodeBlock block) =>
        string.Create(CultureInfo.InvariantCulture, $"\n# {page.Path}, line {block.Line}\n{block.Text}");

    private void Settle(IDictionary<string, string?> environment)
    {
        foreach (string name in environment.Keys.Where(IsOfOthers).ToArray())
        {
            environment.Remove(name);
        }

        environment["HOME"] = home;
        environment["DOTNET_CLI_HOME"] = home;
        environment["NUGET_PACKAGES"] = NuGetHome.PackagesOf(home);
        environment["SPARSELLM_CACHE"] = clone.Cache;
        environment["PATH"] = Path.Combine(home, ".dotnet", "tools") + Path.PathSeparator + environment["PATH"];
        environment["DOTNET_NOLOGO"] = "1";
        environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        environment["UseSharedCompilation"] = "true";

        // What builds in processes that are warm takes a third of the time. Only this machine finds them.
        environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "1";
        environment["MSBUILDNODEHANDSHAKESALT"] = home;

        // The repository is built with its analyzers before it is tested; here it is to be built, and soon.
        environment["RunAnalyzers"] = "false";
    }

    /// <summary>Settings of the build that has started the tests, and of the person who did.</summary>
    private static bool IsOfOthers(string name) =>
        ((string[])["MSBUILD", "SPARSELLM_", "XDG_"]).Any(
            prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
