using System.Text.Json;
using System.Text.Json.Nodes;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Artifacts;
using SparseLlm.Pipeline.Building;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Entries;
using SparseLlm.Pipeline.Engines;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Keys;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pruning.Activations;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Settings;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Artifacts of a small model of two layers, made in this process, and a cache that can be tampered
/// with.</summary>
public abstract class BuildTest : CacheTest
{
    private protected string Model { get; set; } = ShallowModel.Of("tiny-opt");

    private protected string Output => Temp["models/a"];

    /// <summary>A prune by magnitude, which needs no text.</summary>
    private protected PruneRequest Request(double sparsity = 0.5) =>
        new(
            "a",
            PruningSettings.For(PruningMethod.Magnitude),
            new SparsityPlan(new SparsityPattern.Unstructured(sparsity), []),
            null,
            [],
            Output);

    /// <summary>Makes an artifact as a process of its own would.</summary>
    private protected ArtifactOutcome Build(
        PruneRequest request,
        bool mayCompute = true,
        string? root = null,
        IProgress<BuildProgress>? progress = null)
    {
        BuildCache cache = Open(root);
        using var engine = new LocalEngine(new CpuBackend());
        return Build(request, engine, cache, mayCompute, progress);
    }

    private protected ArtifactOutcome Build(
        PruneRequest request, IEngine engine, BuildCache cache, bool mayCompute = true,
        IProgress<BuildProgress>? progress = null) =>
        new ArtifactBuilder(
            new DenseModel(Model, engine.NumericsClass, cache),
            engine,
            MemoryBudget.Default,
            progress)
        { MayCompute = mayCompute }
            .Build(request, CancellationToken.None);

    /// <summary>The keys of the steps of a prune.</summary>
    private protected StepKeys Keys(PruneRequest request)
    {
        using var backend = new CpuBackend();
        return StepKeys.Of(new DenseModel(Model, backend.NumericsClass, Open()).Inputs(request));
    }

    /// <summary>Makes an artifact of another sparsity, in another place.</summary>
    /// <returns>The keys of its steps.</returns>
    private protected StepKeys OtherKeys()
    {
        PruneRequest other = Request(0.6) with { Output = Temp["other/a"] };
        Build(other);
        return Keys(other);
    }

    /// <summary>Removes what was made, so that it is made or restored again.</summary>
    private protected void RemoveOutput() => Directory.Delete(Temp["models"], recursive: true);

    /// <summary>An entry of the cache.</summary>
    private protected CacheEntry Entry(string key)
        => CacheEntryFile.Read(key, File.ReadAllBytes(Path.Combine(Root, "ac", key)));

    /// <summary>Replaces an entry of the cache by another one, with a digest that fits.</summary>
    private protected void Forge(string key, Func<CacheEntry, CacheEntry> change) =>
        File.WriteAllBytes(Path.Combine(Root, "ac", key), CacheEntryFile.Write(change(Entry(key))));

    /// <summary>An entry with other metadata.</summary>
    private protected static CacheEntry With(CacheEntry entry, Action<JsonNode> change)
    {
        JsonNode metadata = JsonNode.Parse(entry.Metadata!.Value.GetRawText())!;
        change(metadata);
        return entry with { Metadata = JsonSerializer.SerializeToElement(metadata) };
    }
}
