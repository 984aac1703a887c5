using System.Text.Json;
using SparseLlm.Numerics;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Evaluation;
using SparseLlm.Recipes;

namespace SparseLlm.Pipeline.Tests;

/// <summary>What <c>pruning.json</c> says of the machine that pruned, which takes no part in keys.</summary>
public sealed class FactsOfTheMachine : IDisposable
{
    private readonly TempDirectory directory = new();

    [Fact]
    public void GPUs_with_driver_and_CUDA_are_in_it_and_not_in_keys()
    {
        var gpu = new Gpu("NVIDIA H100 80GB HBM3", "580.65.06", "12.8");
        ArtifactManifest onGpu = Build(engine => new OnGpu(engine, gpu));
        onGpu.Gpus.ShouldBe([gpu]);
        ArtifactManifest.TryRead(new SmallBuild(directory).Artifact)!.Gpus.ShouldBe([gpu]);
        Build(engine => engine).Key.ShouldBe(onGpu.Key);
    }

    [Fact]
    public void There_is_none_of_it_where_the_processor_prunes()
    {
        Build(engine => engine);
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(new SmallBuild(directory).Artifact, ArtifactManifest.FileName)));
        document.RootElement.TryGetProperty("gpus", out _).ShouldBeFalse();
    }

    private ArtifactManifest Build(Func<IEngine, IEngine> around)
    {
        BuildCache cache = BuildCache.Open("off", remote: null, _ => { });
        using IEngine engine = around(Devices.Open(new EngineChoice(DeviceNames.Cpu) { Threads = 1 }));
        return new SmallBuild(directory).Run(cache, engine).Manifest;
    }

    public void Dispose() => directory.Dispose();

    private sealed class OnGpu(IEngine engine, Gpu gpu) : IEngine
    {
        public string NumericsClass => engine.NumericsClass;

        public PruneResult Prune(
            PruneJob job,
            BuildCache cache,
            IProgress<BuildProgress>? progress,
            CancellationToken cancellation) =>
            engine.Prune(job, cache, progress, cancellation) with { Gpus = [gpu] };

        public Perplexity Measure(
            MeasureJob job,
            BuildCache cache,
            IProgress<BuildProgress>? progress,
            CancellationToken cancellation) =>
            engine.Measure(job, cache, progress, cancellation);

        public void Dispose() => engine.Dispose();
    }
}
