using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Passes that tune all layers of an artifact together are steps of a build.</summary>
public sealed class TuningTogether : BuildTest
{
    private const int Epochs = 3;

    [Fact]
    public void A_build_that_was_stopped_goes_on_after_the_last_pass_and_ends_with_the_same_bits()
    {
        ArtifactOutcome whole = Build(Tuned(), root: Temp["other cache"]);
        RemoveOutput();

        Should.Throw<InvalidOperationException>(() => Build(Tuned(), progress: new Watch(
            progress => progress is PruningStep { Progress: GlobalStep { Step: var step, Steps: var steps } }
                && step == steps)));
        Passes().ShouldBe([.. Enumerable.Range(1, Epochs - 1)
            .Where(pass => pass == Epochs - 1 || whole.Manifest.Global!.Kept == pass)]);

        var seen = new Watch(_ => false);
        ArtifactOutcome resumed = Build(Tuned(), progress: seen);
        resumed.Manifest.Digest.ShouldBe(whole.Manifest.Digest);
        resumed.Manifest.Global!.Epochs.ShouldBe(whole.Manifest.Global!.Epochs);
        resumed.Manifest.Global.Epochs.Count.ShouldBe(Epochs);
        seen.Of<GlobalEpochFinished>().Select(finished => finished.Epoch).ShouldBe([Epochs]);
        seen.Of<GlobalEpochsRestored>().ShouldBe([new GlobalEpochsRestored(Epochs - 1, Epochs)]);
        seen.Of<GlobalTuningFinished>().Single().Report.Kept.ShouldBe(whole.Manifest.Global.Kept);
        seen.Of<LayerStarted>().ShouldBeEmpty();
        Passes().ShouldBeEmpty("what is of use in between alone is gone");

        int[] Passes() => [.. Keys(Tuned()).Epochs.Index()
            .Where(pass => File.Exists(Path.Combine(Root, "ac", pass.Item)))
            .Select(pass => pass.Index + 1)];
    }

    [Fact]
    public void Layers_are_the_same_with_and_without_it()
    {
        Build(Tuned());
        StepKeys tuned = Keys(Tuned());
        PruneRequest alone = Tuned() with { Settings = PruningSettings.For(PruningMethod.Wanda) };
        tuned.Layers.ShouldBe(Keys(alone).Layers);
        tuned.Artifact.ShouldNotBe(Keys(alone).Artifact);
        var seen = new Watch(_ => false);
        Build(alone, progress: seen).Manifest.Global.ShouldBeNull();
        seen.Of<LayerRestored>().Count().ShouldBe(tuned.Layers.Count);
    }

    [Fact]
    public void A_state_that_is_another_one_is_found_and_the_pass_made_again()
    {
        Should.Throw<InvalidOperationException>(() => Build(Tuned(), progress: new Watch(
            progress => progress is PruningStep { Progress: GlobalStep { Step: var step, Steps: var steps } }
                && step == steps)));
        string key = Keys(Tuned()).Epochs[Epochs - 2];
        Forge(key, entry => With(entry, metadata => metadata["epochs"]!.AsArray().RemoveAt(0)));
        var seen = new Watch(_ => false);
        Build(Tuned(), progress: seen);
        seen.Of<GlobalEpochFinished>().Select(finished => finished.Epoch)
            .ShouldBeSubsetOf(Enumerable.Range(1, Epochs));
        seen.Of<GlobalEpochFinished>().Count().ShouldBeGreaterThan(1);
    }

    private PruneRequest Tuned()
    {
        string text = Temp["text.txt"];
        if (!File.Exists(text))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(text)!);
            File.WriteAllText(text, File.ReadAllText(Repository.Text("sample-calibration.txt"))[..20_000]);
        }

        return Request(0.6) with
        {
            Settings = PruningSettings.For(PruningMethod.Wanda) with { GlobalEpochs = Epochs, GlobalRate = 3e-4 },
            Calibration = new CalibrationSource(
                new TextSource([text]),
                new CalibrationSettings { Samples = 32, SequenceLength = 32 },
                new SparseLlm.Diagnostics.SourceLocation("pruning.yaml")),
        };
    }

    /// <summary>Remembers what it is told, and ends the build where that is asked for.</summary>
    private sealed class Watch(Func<BuildProgress, bool> ends) : IProgress<BuildProgress>
    {
        private readonly List<BuildProgress> seen = [];

        public void Report(BuildProgress value)
        {
            seen.Add(value);
            if (ends(value))
            {
                throw new InvalidOperationException("ended by the test");
            }
        }

        public IEnumerable<T> Of<T>() => seen.OfType<PruningStep>().Select(step => step.Progress).OfType<T>();
    }
}
