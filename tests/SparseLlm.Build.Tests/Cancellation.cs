using System.Diagnostics;
using SparseLlm.Build.Tests.Support;

namespace SparseLlm.Build.Tests;

public sealed class Cancellation
{
    [SkippableFact]
    public void A_cancelled_build_asks_the_tool_to_stop_before_it_kills_it()
    {
        Signals.Require(Signals.Interrupt);
        TestProject project = new TestProject().Write("pruning.yaml", "wait: yes");

        using Process build = Process.Start(project.Command("build", "--no-restore"))!;
        var output = build.StandardOutput.ReadToEndAsync();
        SpinWait.SpinUntil(
            () => File.Exists(project.PathOf("pruning.yaml.waiting")) || build.HasExited,
            TimeSpan.FromMinutes(1));
        File.Exists(project.PathOf("pruning.yaml.waiting")).ShouldBeTrue();
        Signals.Send(build, Signals.Interrupt);
        build.WaitForExit();

        File.Exists(project.PathOf("pruning.yaml.asked")).ShouldBeTrue(output.Result);
        build.ExitCode.ShouldNotBe(0);
        output.Result.ShouldContain("0 Error(s)");
    }

    [Fact]
    public void A_tool_whose_build_was_killed_hears_of_it()
    {
        TestProject project = new TestProject().Write("pruning.yaml", "wait: yes");

        using Process build = Process.Start(project.Command("build", "--no-restore"))!;
        SpinWait.SpinUntil(
            () => File.Exists(project.PathOf("pruning.yaml.waiting")) || build.HasExited,
            TimeSpan.FromMinutes(1));
        build.Kill();
        build.WaitForExit();

        SpinWait.SpinUntil(() => File.Exists(project.PathOf("pruning.yaml.asked")), TimeSpan.FromMinutes(1))
            .ShouldBeTrue();
    }

    [SkippableFact]
    public void A_build_after_a_cancelled_one_goes_on_behind_the_layers_that_were_finished()
    {
        Signals.Require(Signals.Interrupt);

        // Four layers: the signal must arrive before the last one is pruned.
        TestProject project = new TestProject().WithTool("").WriteRecipe(
            "method: sparsellm",
            samples: 32,
            Repository.Model("tiny-opt"));

        using Process build = Process.Start(project.Command("build", "--no-restore"))!;
        string output = "";
        while (!output.Contains("layer 1/4 pruned") && build.StandardOutput.ReadLine() is { } line)
        {
            output += line + "\n";
        }

        Signals.Send(build, Signals.Interrupt);
        output += build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        build.ExitCode.ShouldNotBe(0, output);
        output.ShouldContain("layers are kept");
        project.FilesBelow("bin/Debug/net10.0/models").ShouldBeEmpty();

        BuildResult next = project.Build().ShouldSucceed();
        next.Output.ShouldContain("half: layer 1/4 from the cache");
        next.Output.ShouldContain("half: layer 4/4 pruned");
    }
}
