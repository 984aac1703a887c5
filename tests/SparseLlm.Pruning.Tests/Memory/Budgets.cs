using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseLlm.Diagnostics;
using SparseLlm.Models;
using SparseLlm.Models.Checkpoints;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Allocation;
using SparseLlm.Pruning.Calibration;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests.Memory;

/// <summary>Prunes and measurements that have less memory than they would use.</summary>
public sealed class Budgets : IDisposable
{
    // What takes time does not take part in this.
    private static readonly PruningSettings SparseLlm = PruningSettings.For(PruningMethod.SparseLlm) with
    { Solver = PruningMethod.SparseGpt, RefitSteps = 1 };
    private static readonly SparsityPlan Plan = new(PruneRun.Pattern("0.6"), []);

    // A budget that is spread over the smaller matrices alone is soon measured.
    private static readonly SparsityPlan SmallPlan = new(
        Plan.Default,
        [new SparsityRule("*.mlp.*", PruneRun.Pattern("0.5"))]);

    private readonly TempDirectory directory = new();

    public static TheoryData<string, string> Runs => new()
    {
        { "tiny-opt", "guarded" },
        { "tiny-llama", "sweeps" },
        { "tiny-opt", "published" },
        { "tiny-llama", "tuned and allocated" },
        { "tiny-llama", "in parallel" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_prune_gives_the_same_bits_whatever_the_budget(string model, string name)
    {
        PruningSettings settings = name switch
        {
            "guarded" => SparseLlm,
            "sweeps" => SparseLlm with { Sweeps = 2 },
            "published" => SparseLlm.WithVariant(SparseLlmVariant.Paper) with { Sweeps = 2 },
            "in parallel" => SparseLlm with { Sequential = false },
            _ => SparseLlm with { TuningEpochs = 1, DistillationEpochs = 1, Allocation = AllocationKind.Error },
        };
        using PruneRun run = PruneRun.OnTwoLayers(model);
        CalibrationTokens tokens = name == "guarded" ? run.Tokens(samples: 20) : Windows(run);
        (string bits, long unlimited) = Prune(long.MaxValue);
        Prune(unlimited / 2).Bits.ShouldBe(bits);
        Prune(0).Bits.ShouldBe(bits);

        (string Bits, long Peak) Prune(long budget)
        {
            using var store = new MatrixStore(run.Backend, budget, directory.Path);
            SparsityPlan plan = BudgetAllocation.Allocate(
                run.Model,
                settings,
                settings.Allocation == AllocationKind.Uniform ? Plan : SmallPlan,
                tokens,
                store);
            string bits = Bits(new ModelPruner(run.Model, settings, plan, tokens, store: store).Run());
            store.PeakResidentBytes.ShouldBeInRange(budget == 0 ? 0 : 1, budget);
            (store.SpilledBytes > 0).ShouldBe(budget < long.MaxValue);
            store.ResidentBytes.ShouldBe(0);
            return (bits, store.PeakResidentBytes);
        }
    }

    [Fact]
    public void A_prune_that_goes_on_behind_known_layers_gives_the_same_bits_whatever_the_budget()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        CalibrationTokens tokens = Windows(run);
        List<PrunedLayer> whole = [.. new ModelPruner(run.Model, SparseLlm, Plan, tokens).Run()];
        using var store = new MatrixStore(run.Backend, 0, directory.Path);
        Bits(new ModelPruner(run.Model, SparseLlm, Plan, tokens, store: store).Run(
            index => index < 1 ? whole[index] : null)).ShouldBe(Bits(whole));
    }

    [Theory]
    [InlineData("tiny-opt")]
    [InlineData("tiny-llama")]
    public void A_perplexity_is_the_same_whatever_the_budget(string model)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model);
        int[] ids = run.Tokens(samples: 20).Ids;
        (double perplexity, long unlimited) = Measure(long.MaxValue);
        Measure(unlimited / 2).Value.ShouldBe(perplexity);
        Measure(0).Value.ShouldBe(perplexity);

        (double Value, long Peak) Measure(long budget)
        {
            using var store = new MatrixStore(run.Backend, budget, directory.Path);
            double value = Perplexity.Measure(run.Model, ids, null, new SourceLocation("test"), store).Value;
            store.PeakResidentBytes.ShouldBeLessThanOrEqualTo(budget);
            return (value, store.PeakResidentBytes);
        }
    }

    [Fact]
    public void Nothing_is_left_of_the_file_however_a_prune_ends()
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        CalibrationTokens tokens = Windows(run);
        using var stop = new CancellationTokenSource();
        Run(_ => { }, CancellationToken.None);
        Should.Throw<OperationCanceledException>(() => Run(_ => stop.Cancel(), stop.Token));
        Should.Throw<InvalidOperationException>(
            () => Run(_ => throw new InvalidOperationException(), CancellationToken.None));
        Directory.EnumerateFileSystemEntries(directory.Path).ShouldBeEmpty();
        if (OperatingSystem.IsLinux())
        {
            // A deleted file takes space for as long as it is open.
            Directory.EnumerateFiles("/proc/self/fd").Select(link => new FileInfo(link).LinkTarget ?? "")
                .ShouldNotContain(target => target.StartsWith(directory.Path, StringComparison.Ordinal));
        }

        void Run(Action<PruningProgress> progress, CancellationToken cancellation)
        {
            using var store = new MatrixStore(run.Backend, 0, directory.Path);
            var pruner = new ModelPruner(run.Model, SparseLlm, Plan, tokens, new WhenPruned(progress), store: store);
            pruner.Run(cancellation: cancellation).Count().ShouldBe(run.Model.Definition.Layers.Count);
        }
    }

    [SkippableFact]
    public void What_cannot_be_read_ahead_is_an_error_of_the_layer_that_needs_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "a file that is open cannot be damaged there");
        using PruneRun run = PruneRun.OnTwoLayers("tiny-opt");
        string model = directory["model"];
        Directory.CreateDirectory(model);
        CompanionFiles.Copy(run.Model.Directory, model);
        new CheckpointWriter(run.Model.Checkpoint, model).Dispose();
        using DecoderModel damaged = DecoderModel.Open(model, run.Backend);
        long end = damaged.Definition.Layers[0].Tensors
            .Max(tensor => damaged.Checkpoint[tensor.Name].Offset + damaged.Checkpoint[tensor.Name].ByteLength);
        using (var file = new FileStream(
            Path.Combine(model, "model.safetensors"),
            FileMode.Open,
            FileAccess.Write,
            FileShare.ReadWrite))
        {
            file.SetLength(end);
        }

        using IEnumerator<PrunedLayer> layers = new ModelPruner(
            damaged,
            PruningSettings.For(PruningMethod.Magnitude),
            Plan,
            tokens: null).Run().GetEnumerator();
        layers.MoveNext().ShouldBeTrue();
        Should.Throw<DiagnosticException>(() => layers.MoveNext()).Diagnostics.ShouldHaveSingleItem().Descriptor
            .ShouldBe(ModelDiagnostics.CheckpointUnreadable);
    }

    /// <summary>Short windows, of which one is held back.</summary>
    private static CalibrationTokens Windows(PruneRun run) => new(run.Tokens(samples: 2).Ids[..(16 * 32)], 32);

    private static string Bits(IEnumerable<PrunedLayer> layers)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (PrunedTensor tensor in layers.SelectMany(layer => layer.Tensors))
        {
            hash.AppendData(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private sealed class WhenPruned(Action<PruningProgress> action) : IProgress<PruningProgress>
    {
        public void Report(PruningProgress value)
        {
            if (value is MatrixPruned)
            {
                action(value);
            }
        }
    }

    public void Dispose() => directory.Dispose();
}
