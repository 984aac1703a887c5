using System.Diagnostics;
using System.Globalization;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

[Collection(PackageFeedCollection.Name)]
public sealed class Cancellation(PackageFeed feed)
{
    [SkippableFact]
    public void A_cancelled_build_asks_the_tool_to_stop_before_it_kills_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "On Windows the tool is killed at once.");
        Skip.If(OperatingSystem.IsLinux() && IsInterruptIgnored(), "SIGINT is ignored here, as in a background job of a shell.");
        var project = new TestProject(feed).Write("pruning.yaml", "wait: yes");
        project.Run("restore").ShouldSucceed();

        using Process build = Process.Start(project.Command("build", "--no-restore"))!;
        var output = build.StandardOutput.ReadToEndAsync();
        SpinWait.SpinUntil(() => File.Exists(project.PathOf("pruning.yaml.waiting")) || build.HasExited, TimeSpan.FromMinutes(1));
        File.Exists(project.PathOf("pruning.yaml.waiting")).ShouldBeTrue();
        using (Process kill = Process.Start("kill", ["-INT", build.Id.ToString(CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        build.WaitForExit();

        File.Exists(project.PathOf("pruning.yaml.interrupted")).ShouldBeTrue(output.Result);
        build.ExitCode.ShouldNotBe(0);
        output.Result.ShouldContain("0 Error(s)");
    }

    private static bool IsInterruptIgnored()
    {
        string mask = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..];
        return (ulong.Parse(mask.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0b10) != 0;
    }
}
