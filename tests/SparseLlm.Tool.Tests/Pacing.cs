using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Results;
using SparseLlm.Tool.Output;

namespace SparseLlm.Tool.Tests;

/// <summary>How much longer a build is said to take.</summary>
public sealed class Pacing
{
    private const int Layers = 10;

    private readonly Clock clock = new();
    private readonly BuildPace pace;

    public Pacing() => pace = new BuildPace(clock);

    [Fact]
    public void A_download_says_how_fast_it_goes_and_how_long_it_takes_and_what_was_here_before_says_nothing_of_that()
    {
        var download = new DownloadPace(clock);
        download.Take(new DownloadStep("hf://a/b", "x", 200_000_000, 1_000_000_000))
            .ShouldBeFalse("no line in the first moment");
        Pass(4);
        download.Take(new DownloadStep("hf://a/b", "x", 600_000_000, 1_000_000_000)).ShouldBeTrue();
        download.ToString().ShouldBe("600.0 MB of 1.0 GB (60 %), 100.0 MB/s, 0:04 left");
        Pass(1);
        download.Take(new DownloadStep("hf://a/b", "y", 700_000_000, 1_000_000_000))
            .ShouldBeFalse("a line every two seconds at most");
        download.Take(new DownloadStep("hf://a/b", "y", 1_000_000_000, 1_000_000_000)).ShouldBeTrue("the end");
        download.ToString().ShouldBe("1.0 GB of 1.0 GB (100 %), 160.0 MB/s");
        download.Take(new DownloadStep("hf://a/b", "y", 1_000_000_000, 1_000_000_000)).ShouldBeFalse("once");
    }

    [Fact]
    public void Layers_take_as_long_as_those_before_them_whatever_came_before_the_first()
    {
        Begin(1, 1);
        Pass(100);
        pace.Take(new PruningStep("a", new LayerRestored(0, Layers)));
        Pass(50);
        PruneLayer(1, 4);
        Left(pace.StepLeft).ShouldBe(8 * 4);
        PruneLayer(2, 6);
        Left(pace.StepLeft).ShouldBe(7 * 5);
        pace.BuildLeft.ShouldBeNull();
        pace.Position.ShouldBeNull();
    }

    [Fact]
    public void Within_a_layer_the_time_left_runs_down_and_stops_before_that_of_the_layers_behind_it()
    {
        Begin(1, 1);
        pace.StepLeft.ShouldBeNull();
        PruneLayer(0, 4);
        pace.Take(new PruningStep("a", new LayerStarted(1, Layers)));
        Pass(3);
        Left(pace.StepLeft).ShouldBe((9 * 4) - 3);
        Pass(300);
        Left(pace.StepLeft).ShouldBe(8 * 4);
    }

    [Fact]
    public void Artifacts_of_a_sweep_take_as_long_as_those_that_were_computed()
    {
        Begin(1, 32);
        pace.Position.ShouldBe("artifact 1 of 32");
        PruneLayer(0, 4);
        pace.BuildLeft.ShouldBeNull();
        Pass(96);
        End(ArtifactOrigin.Pruned);
        Begin(2, 32);
        End(ArtifactOrigin.UpToDate);
        Begin(3, 32);
        Pass(10);
        Left(pace.BuildLeft).ShouldBe(90 + (29 * 100));
        pace.Position.ShouldBe("artifact 3 of 32");
    }

    [Fact]
    public void Nothing_is_left_for_all_after_the_last_layer_of_the_last_artifact()
    {
        Begin(1, 2);
        PruneLayer(Layers - 1, 100);
        End(ArtifactOrigin.Pruned);
        Begin(2, 2);
        PruneLayer(Layers - 2, 10);
        Left(pace.BuildLeft).ShouldBe(90);
        PruneLayer(Layers - 1, 10);
        pace.BuildLeft.ShouldBeNull();
    }

    [Fact]
    public void A_measurement_is_timed_from_its_first_layer_on()
    {
        Begin(1, 1);
        PruneLayer(9, 4);
        pace.StepLeft.ShouldBeNull("nothing is left to prune");
        Pass(60);
        pace.Take(new EvaluationStep("a", "prose", 1, Layers));
        pace.StepLeft.ShouldBeNull();
        Pass(2);
        pace.Take(new EvaluationStep("a", "prose", 2, Layers));
        Left(pace.StepLeft).ShouldBe(8 * 2);
    }

    [Fact]
    public void Steps_of_all_layers_together_take_as_long_as_those_before_them_in_this_run()
    {
        Begin(1, 1);
        PruneLayer(Layers - 1, 100);
        Pass(60);
        pace.Take(new PruningStep("a", new GlobalStep(41, 50, 1)));
        pace.StepLeft.ShouldBeNull("one step says nothing");
        Pass(2);
        pace.Take(new PruningStep("a", new GlobalStep(42, 50, 1)));
        Left(pace.StepLeft).ShouldBe(8 * 2);
        pace.Take(new PruningStep("a", new GlobalStep(50, 50, 1)));
        pace.StepLeft.ShouldBeNull();
    }

    [Fact]
    public void An_engine_that_counts_wrongly_is_no_failure()
    {
        pace.Take(new PruningStep("a", new LayerStarted(0, int.MaxValue)));
        Pass(1e6);
        pace.Take(new PruningStep("a", new LayerFinished(0, int.MaxValue, TimeSpan.Zero)));
        Left(pace.StepLeft).ShouldBe(TimeSpan.FromDays(1).TotalSeconds);
    }

    private void Begin(int number, int of)
    {
        pace.Take(new ArtifactBegun(number, of));
        pace.Take(new PruningStarted("a", "wanda", "0.5", 0));
    }

    private void PruneLayer(int layer, double seconds)
    {
        pace.Take(new PruningStep("a", new LayerStarted(layer, Layers)));
        Pass(seconds);
        pace.Take(new PruningStep("a", new LayerFinished(layer, Layers, TimeSpan.Zero)));
    }

    // Of what has become of it only the origin is looked at.
    private void End(ArtifactOrigin origin) => pace.Take(new ArtifactDone(new ArtifactOutcome("a", "", null!, origin)));

    private void Pass(double seconds) => clock.Now += (long)(seconds * TimeSpan.TicksPerSecond);

    private static double Left(TimeSpan? time) => Math.Round(time!.Value.TotalSeconds, 3);

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}
