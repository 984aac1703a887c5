using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace SparseLlm.Build.Tests.Support;

/// <summary>
/// Servers of MSBuild for the tests alone, one for each build that goes on at a time: what builds in a process that is
/// warm takes a third of the time. Editors and others that build many times work so, too.
/// </summary>
internal sealed class BuildServers(DotNet dotNet)
{
    private readonly string name = Guid.NewGuid().ToString("N");
    private readonly ConcurrentBag<string> idle = [];
    private int started;

    /// <summary>Runs a command to its end, and what it builds in a server.</summary>
    public (int ExitCode, string Output) Run(ProcessStartInfo command)
    {
        string server = idle.TryTake(out string? one)
            ? one
            : string.Create(CultureInfo.InvariantCulture, $"{name}-{Interlocked.Increment(ref started)}");
        try
        {
            return DotNet.Run(In(server, command));
        }
        finally
        {
            idle.Add(server);
        }
    }

    /// <summary>Ends them, and the processes that they have started to build several projects at a time.</summary>
    public void Stop()
    {
        foreach (string server in idle)
        {
            DotNet.Run(In(server, dotNet.Command(dotNet.Home, "build-server", "shutdown", "--msbuild")));
        }
    }

    private static ProcessStartInfo In(string server, ProcessStartInfo command)
    {
        command.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "1";

        // Only those that know it find the server.
        command.Environment["MSBUILDNODEHANDSHAKESALT"] = server;
        command.Environment.Remove("MSBUILDDISABLENODEREUSE");
        return command;
    }
}
