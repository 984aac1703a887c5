using SparseLlm.Models;
using SparseLlm.Numerics;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;
using SparseLlm.Pruning.Tuning.Global;

namespace SparseLlm.Pruning.Tests.Tuning;

/// <summary>All layers of a pruned model, tuned together towards the dense model's predictions.</summary>
public sealed class TunedTogether
{
    private const int Length = 64;

    [Theory]
    [InlineData("tiny-llama", "2:4", null)]
    [InlineData("tiny-opt", "0.7", null)]
    [InlineData("tiny-llama", "0.5", 4)]
    public void The_model_comes_closer_to_the_dense_one_and_keeps_its_zeros_and_codes(
        string model, string pattern, int? bits)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model);
        PruningSettings settings = Wanda(epochs: 3) with
        {
            Quantization = bits is { } few ? new Quantization(few, 32) : null,
        };
        List<PrunedLayer> layers = run.Prune(settings, pattern, samples: 8);
        using var tuned = new Tuned(run, settings, pattern, layers);
        tuned.RunAll();

        GlobalReport report = tuned.Tuning.Report;
        report.Epochs.Count.ShouldBe(3);
        report.Kept.ShouldBeGreaterThan(0);
        report.Epochs[report.Kept - 1].HeldBackLoss!.Value.ShouldBeLessThan(0.95 * report.HeldBackBefore!.Value);
        List<PrunedLayer> result = [.. tuned.Tuning.Result(layers)];
        run.PerplexityOf([.. layers, .. result]).ShouldBeLessThan(run.PerplexityOf(layers));
        foreach ((PrunedLayer before, PrunedLayer after) in layers.Zip(result))
        {
            after.Linears.Select(linear => (linear.Name, linear.Pattern, linear.RelativeError))
                .ShouldBe(before.Linears.Select(linear => (linear.Name, linear.Pattern, linear.RelativeError)));
            foreach (PrunedTensor tensor in before.Tensors.Where(IsMatrix))
            {
                float[] values = after.Tensors.Single(other => other.Name == tensor.Name).Values;
                values.AsSpan().SequenceEqual(tensor.Values).ShouldBeFalse();
                tensor.Values.Zip(values).ShouldAllBe(pair => pair.First != 0 || pair.Second == 0);
                if (bits is not null)
                {
                    values[..32].Select(MathF.Abs).Where(value => value > 0).Distinct().Count().ShouldBeLessThan(9);
                }
            }
        }

        bool IsMatrix(PrunedTensor tensor)
            => layers.Any(layer => layer.Linears.Any(linear => linear.Name == tensor.Name));
    }

    [Fact]
    public void What_is_said_of_the_best_pass_is_said_of_the_model_that_is_stored()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama");
        PruningSettings settings = Wanda(epochs: 1);
        List<PrunedLayer> layers = run.Prune(settings, "2:4", samples: 8);
        using var tuned = new Tuned(run, settings, "2:4", layers);
        tuned.RunAll();
        List<PrunedLayer> result = [.. tuned.Tuning.Result(layers)];
        using var stored = new Tuned(run, settings, "2:4", [.. layers, .. result]);
        stored.RunAll();
        stored.Tuning.Report.HeldBackBefore.ShouldBe(tuned.Tuning.Report.Epochs.ShouldHaveSingleItem().HeldBackLoss);
    }

    [Theory]
    [InlineData(0L, null, 1)]
    [InlineData(2_000_000L, null, 2)]
    [InlineData(long.MaxValue, 1, 1)]
    public void The_bits_depend_on_no_budget_of_memory_no_threads_and_no_stop_in_between(
        long budget, int? stop, int threads)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama", threads);
        PruningSettings settings = Wanda(epochs: 2);
        List<PrunedLayer> layers = run.Prune(settings, "0.6", samples: 8);
        using var whole = new Tuned(run, settings, "0.6", layers);
        whole.RunAll();
        using var store = new MatrixStore(run.Backend, budget);
        using var first = new Tuned(run, settings, "0.6", layers, store);
        if (stop is null)
        {
            first.RunAll();
            Values(first.Tuning.Result(layers)).ShouldBe(Values(whole.Tuning.Result(layers)));
            store.SpilledBytes.ShouldBeGreaterThan(0);
            return;
        }

        first.Tuning.RunEpoch(CancellationToken.None).ShouldBeTrue();
        using var state = new MemoryStream();
        first.Tuning.Write(state);
        state.Position = 0;
        using var second = new Tuned(run, settings, "0.6", layers);
        second.Tuning.Resume(first.Tuning.Report, state);
        second.RunAll();
        second.Tuning.Report.Epochs.ShouldBe(whole.Tuning.Report.Epochs);
        Values(second.Tuning.Result(layers)).ShouldBe(Values(whole.Tuning.Result(layers)));
    }

    [Fact]
    public void A_pass_with_a_loss_that_is_not_finite_never_stays()
    {
        new GlobalReport(null, [new EpochReport(2, null), new EpochReport(1, null)]).Kept.ShouldBe(2);
        new GlobalReport(null, [new EpochReport(2, null), new EpochReport(null, null)]).Kept.ShouldBe(1);
        new GlobalReport(1, [new EpochReport(2, 0.5), new EpochReport(null, null)]).Kept.ShouldBe(1);
    }

    [Fact]
    public void What_does_not_help_on_held_back_windows_is_undone()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        PruningSettings settings = Wanda(epochs: 1) with { GlobalRate = 1 };
        List<PrunedLayer> layers = run.Prune(settings, "0.5", samples: 8);
        using var tuned = new Tuned(run, settings, "0.5", layers);
        tuned.RunAll();
        tuned.Tuning.Report.Kept.ShouldBe(0);
        tuned.Tuning.Result(layers).ShouldBeEmpty();
    }

    [Fact]
    public void A_state_of_another_length_is_refused()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        PruningSettings settings = Wanda(epochs: 1);
        List<PrunedLayer> layers = run.Prune(settings, "0.5", samples: 8);
        using var tuned = new Tuned(run, settings, "0.5", layers);
        using var state = new MemoryStream(new byte[1000]);
        Should.Throw<InvalidDataException>(() => tuned.Tuning.Resume(new GlobalReport(1, [new EpochReport(1, 1)]), state));
    }

    /// <summary>Wanda leaves much to gain.</summary>
    private static PruningSettings Wanda(int epochs)
        => PruningSettings.For(PruningMethod.Wanda) with { GlobalEpochs = epochs };

    private static string Values(IEnumerable<PrunedLayer> layers) => string.Join(
        '\n',
        layers.SelectMany(layer => layer.Tensors).Select(
            tensor => $"{tensor.Name} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(tensor.Bytes))}"));

    /// <summary>A tuning of a pruned model on some windows of its calibration text.</summary>
    private sealed class Tuned : IDisposable
    {
        private readonly DecoderModel pruned;

        public Tuned(
            PruneRun run, PruningSettings settings, string pattern, IEnumerable<PrunedLayer> layers,
            MatrixStore? store = null)
        {
            pruned = run.Write(layers);
            Tuning = new GlobalTuning(
                run.Model,
                pruned,
                settings,
                new SparsityPlan(PruneRun.Pattern(pattern), []),
                new CalibrationTokens(run.Tokens(samples: 16).Ids[..(48 * Length)], Length),
                store);
        }

        public GlobalTuning Tuning { get; }

        public void RunAll()
        {
            while (Tuning.RunEpoch(CancellationToken.None))
            {
            }
        }

        public void Dispose()
        {
            Tuning.Dispose();
            pruned.Dispose();
        }
    }
}
