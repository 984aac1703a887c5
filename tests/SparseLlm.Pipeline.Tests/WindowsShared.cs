using System.Collections.Concurrent;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pipeline.Workers;
using SparseLlm.Pruning.Results;
using SparseLlm.Recipes;
using static SparseLlm.Pipeline.Tests.CacheFlakyServer;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Workers that prune one model together, each with a part of the calibration windows.</summary>
public sealed class WindowsShared : CacheTest
{
    // Nine chunks and more that fits may see, in two sections.
    private const int Samples = 1280;
    private const int SequenceLength = 32;
    private const int Layers = 2;

    private readonly ConcurrentBag<(int Part, int Layer)> begun = [];

    [Theory]
    [InlineData("qwen2", "sparsellm")]
    [InlineData("opt", "wanda")]
    public async Task Make_the_bytes_that_one_makes_alone(string model, string method)
    {
        WriteRecipe(model, method);
        Work(Open(Temp["alone"]), part: null).Single().State.ShouldBe(UnitState.Done);
        UnitOutcome[] outcomes = await Together(Open(Root), Open(Root), TimeSpan.FromMinutes(5));
        outcomes.ShouldContain(outcome => outcome.State == UnitState.Done);
        outcomes.ShouldAllBe(outcome => outcome.State == UnitState.Done || outcome.State == UnitState.Elsewhere);
        begun.Where(step => step.Part >= 0).Select(step => (step.Part, step.Layer)).Distinct().Order()
            .ToArray().ShouldBe([(0, 0), (0, 1), (1, 0), (1, 1)], "each has gone through every layer");
        Bytes(Root).ShouldBe(Bytes(Temp["alone"]), ignoreOrder: true);
        FilesIn("cas").Length.ShouldBe(Directory.GetFiles(Temp["alone/cas"]).Length, "sums are cleared away");
        Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Travel_through_a_remote_cache_where_no_folder_is_shared()
    {
        WriteRecipe("opt", "wanda");
        Work(Open(Temp["alone"]), part: null).Single().State.ShouldBe(UnitState.Done);
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };
        UnitOutcome[] outcomes = await Together(
            Machine("one", server.Address),
            Machine("two", server.Address),
            TimeSpan.FromMinutes(5));
        outcomes.ShouldContain(outcome => outcome.State == UnitState.Done);
        Layer[] expected = Bytes(Temp["alone"]);
        Bytes(Temp["one"]).Concat(Bytes(Temp["two"])).Distinct().ShouldBe(expected, ignoreOrder: true);
        Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Are_taken_over_where_nobody_has_them()
    {
        WriteRecipe("opt", "wanda");
        Work(Open(Temp["alone"]), part: null).Single().State.ShouldBe(UnitState.Done);
        Work(Open(), new WindowPart(1, 2) { Patience = TimeSpan.Zero }).Single().State.ShouldBe(UnitState.Done);
        Bytes(Root).ShouldBe(Bytes(Temp["alone"]), ignoreOrder: true);
    }

    [Fact]
    public async Task Are_taken_over_from_a_worker_that_has_died()
    {
        WriteRecipe("opt", "wanda");
        Work(Open(Temp["alone"]), part: null).Single().State.ShouldBe(UnitState.Done);
        using var death = new CancellationTokenSource();
        Task<IReadOnlyList<UnitOutcome>> mortal = Start(
            Open(),
            new WindowPart(0, 2),
            step =>
            {
                if (step is LayerStarted { Layer: 1 })
                {
                    death.Cancel();
                }
            },
            death.Token);
        Task<IReadOnlyList<UnitOutcome>> survivor = Start(
            Open(),
            new WindowPart(1, 2) { Patience = TimeSpan.FromMilliseconds(50) });
        await Should.ThrowAsync<OperationCanceledException>(mortal);
        (await survivor).Single().State.ShouldBe(UnitState.Done);
        Bytes(Root).ShouldBe(Bytes(Temp["alone"]), ignoreOrder: true);
    }

    [Fact]
    public void Stay_whole_where_a_method_tunes()
    {
        WriteRecipe("opt", "sparsellm", ", settings: { tuningEpochs: 1 }", samples: 16);
        Work(Open(), new WindowPart(1, 2)).Single().State.ShouldBe(UnitState.Done);
    }

    private async Task<UnitOutcome[]> Together(BuildCache one, BuildCache two, TimeSpan patience)
    {
        IReadOnlyList<UnitOutcome>[] all = await Task.WhenAll(
            Start(one, new WindowPart(0, 2) { Patience = patience }),
            Start(two, new WindowPart(1, 2) { Patience = patience }));
        return [.. all.SelectMany(outcomes => outcomes)];
    }

    private Task<IReadOnlyList<UnitOutcome>> Start(
        BuildCache cache,
        WindowPart part,
        Action<PruningProgress>? seen = null,
        CancellationToken cancellation = default) =>
        Task.Factory.StartNew(
            () => Work(cache, part, seen, cancellation),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    private IReadOnlyList<UnitOutcome> Work(
        BuildCache cache,
        WindowPart? part,
        Action<PruningProgress>? seen = null,
        CancellationToken cancellation = default)
    {
        using var engine = new LocalEngine(new CpuBackend(1));
        var options = new WorkerOptions(WorkShare.Whole) { Part = part, RequiresRemote = cache.WritesRemote };
        return new UnitWorker(Recipe(), engine, cache, options, new Steps(step =>
        {
            if (step is LayerStarted started)
            {
                begun.Add((part?.Index ?? -1, started.Layer));
            }

            seen?.Invoke(step);
        })).Run(cancellation);
    }

    private void WriteRecipe(string model, string method, string more = "", int samples = Samples)
    {
        TokenIds.Write(Temp["ids.npy"], samples * SequenceLength);
        File.WriteAllText(Temp["pruning.yaml"], $$"""
            version: 1
            model: {{Repository.Family(model)}}
            calibration: { text: ids.npy, samples: {{samples}}, sequenceLength: {{SequenceLength}} }
            artifacts:
              a: { method: {{method}}, sparsity: 0.6{{more}} }

            """);
    }

    private Recipe Recipe() => RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();

    private BuildCache Machine(string name, Uri address) => BuildCache.Open(
        Temp[name],
        new RemoteCacheOptions(address, CanWrite: true, null),
        Warn);

    /// <summary>What a cache has of the layers: the key of each, and the digests of its bytes.</summary>
    private Layer[] Bytes(string root)
    {
        BuildCache cache = BuildCache.Open(root, remote: null, Warn);
        using var engine = new LocalEngine(new CpuBackend(1));
        IReadOnlyList<string> keys = UnitOfWork.Of(
            new RecipePlan(Recipe(), Temp["models"], engine.NumericsClass, cache).Plan(["a"]).Single()).Plan.Keys.Layers;
        keys.Count.ShouldBe(Layers);
        return [.. keys.Select(key => cache.TryGet(key)).OfType<Cache.Entries.CacheEntry>().Select(
            entry => new Layer(entry.Key, string.Join(' ', entry.Files.Select(file => file.Digest)), $"{entry.Metadata}"))];
    }

    /// <summary>A pruned layer in a cache.</summary>
    /// <param name="Key">Its key.</param>
    /// <param name="Digests">Of its files.</param>
    /// <param name="Report">What was reported of it.</param>
    private sealed record Layer(string Key, string Digests, string Report);

    private sealed class Steps(Action<PruningProgress> seen) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            if (value is PruningStep step)
            {
                seen(step.Progress);
            }
        }
    }
}
