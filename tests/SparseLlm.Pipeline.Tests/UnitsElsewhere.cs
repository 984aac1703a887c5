using System.Diagnostics;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Executors.Slurm;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pipeline.Workers;
using SparseLlm.Pruning.Results;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What is read of jobs and units that run elsewhere.</summary>
public sealed class UnitsElsewhere
{
    private static readonly string Key = new('a', 64);

    [Theory]
    [InlineData("run|17|3|RUNNING|n1|None", JobState.Running, true)]
    [InlineData("run|17|3|PENDING||Resources", JobState.Waiting, true)]
    [InlineData("run|17|3|COMPLETING|n1|None", JobState.Running, true)]
    [InlineData("run|17|3|COMPLETED|n1|None", JobState.Completed, false)]
    [InlineData("run|17|3|FAILED|n1|NonZeroExitCode", JobState.Failed, false)]
    [InlineData("run|17|3|TIMEOUT|n1|TimeLimit", JobState.TimedOut, false)]
    [InlineData("run|17|3|OUT_OF_MEMORY|n1|OutOfMemory", JobState.OutOfMemory, false)]
    [InlineData("run|17|3|NODE_FAIL|n1|NodeDown", JobState.Lost, false)]
    [InlineData("run|17|3|PREEMPTED|n1|None", JobState.Lost, false)]
    [InlineData("run|17|3|CANCELLED|n1|None", JobState.Cancelled, false)]
    internal void A_line_of_squeue_is_a_task(string line, JobState state, bool isActive)
    {
        ArrayTask task = ArrayTask.Parse(line).ShouldNotBeNull();
        (task.Id, task.State, task.IsActive).ShouldBe(("17_3", state, isActive));
    }

    [Theory]
    [InlineData("")]
    [InlineData("slurm_load_jobs error: Unable to contact slurm controller")]
    [InlineData("run|17|N/A|RUNNING|n1|None")]
    [InlineData("run|17|3|RUNNING|n1|None|more")]
    public void Another_line_is_none(string line) => ArrayTask.Parse(line).ShouldBeNull();

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    public void Half_a_status_is_none(int length)
    {
        using var directory = new TempDirectory();
        string path = RunFolder.StatusIn(directory.Path, "a");
        var status = new UnitStatus(Key, UnitState.Running, "n1", "layer 1 of 2", 0, []);
        status.TryWrite(path).ShouldBeTrue();
        UnitStatus.TryRead(path).ShouldBe(status with { Failures = UnitStatus.TryRead(path)!.Failures });
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        UnitStatus.TryRead(path).ShouldBeNull();
    }

    [Fact]
    public void A_status_that_is_not_there_or_makes_no_sense_is_none()
    {
        using var directory = new TempDirectory();
        string path = RunFolder.StatusIn(directory.Path, "a");
        UnitStatus.TryRead(path).ShouldBeNull();
        new UnitStatus("key", UnitState.Running, "n1", "", 0, []).TryWrite(path);
        UnitStatus.TryRead(path).ShouldBeNull();
        Directory.CreateDirectory(RunFolder.StatusIn(directory.Path, "b"));
        UnitStatus.TryRead(RunFolder.StatusIn(directory.Path, "b")).ShouldBeNull();
    }

    [SkippableFact]
    public void The_script_of_a_unit_starts_the_worker_with_every_word_as_it_is()
    {
        Skip.IfNot(File.Exists("/bin/bash"), "there is no bash here");
        using var directory = new TempDirectory();
        string script = directory["unit.sh"];
        string[] words = ["/bin/echo", "it's", "$HOME", "a b", "\"`x`\""];
        File.WriteAllText(script, UnitScript.Of(words, ["first", "second"], workers: 1));
        var start = new ProcessStartInfo("/bin/bash", [script, "0"]) { RedirectStandardOutput = true };
        start.Environment["SLURM_ARRAY_TASK_ID"] = "1";
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd().ShouldBe("it's $HOME a b \"`x`\" --artifact second\n");
    }

    [Fact]
    public void No_pass_over_all_layers_is_begun_that_would_take_longer_than_there_is_time()
    {
        using var directory = new TempDirectory();
        var build = new SmallBuild(directory);
        UnitOfWork unit = UnitOfWork.Of(build.Plan(BuildCache.Open(directory["cache"], _ => { })));
        var time = new ManualClock();
        using var reporter = new UnitReporter(
            unit, directory.Path, new WorkClock(TimeSpan.FromSeconds(100), time), next: null);
        (int done, bool isUp) = (0, false);
        reporter.StepIsDone += () => done++;
        reporter.TimeIsUp += () => isUp = true;
        Pass(1, 30);
        isUp.ShouldBeFalse();
        Pass(2, 30);
        isUp.ShouldBeTrue();
        done.ShouldBe(2);
        UnitStatus.TryRead(RunFolder.StatusIn(directory.Path, unit.Name))!.Step.ShouldBe("pass 2 of 9 over all layers");

        void Pass(int number, int seconds)
        {
            reporter.Report(new PruningStep("a", new GlobalStep((2 * number) - 1, 18, 1)));
            time.Pass(TimeSpan.FromSeconds(seconds));
            reporter.Report(new PruningStep("a", new GlobalStep(2 * number, 18, 1)));
            reporter.Report(new PruningStep("a", new GlobalEpochFinished(number, 9, new EpochReport(1, 1))));
        }
    }

    [Fact]
    public void No_layer_is_begun_that_would_take_longer_than_there_is_time_whatever_the_time_of_day()
    {
        var time = new ManualClock();
        var clock = new WorkClock(TimeSpan.FromSeconds(100), time);
        Layer(40).ShouldBeTrue();
        Layer(10).ShouldBeFalse();
        var unlimited = new WorkClock(null, time);
        time.Pass(TimeSpan.FromDays(1));
        unlimited.Finish().ShouldBeTrue();

        bool Layer(int seconds)
        {
            clock.Begin();
            time.Pass(TimeSpan.FromSeconds(seconds));
            return clock.Finish();
        }
    }
}
