using System.Collections.Concurrent;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Pipeline.Cache;
using SparseLlm.Pipeline.Cache.Remote;
using SparseLlm.Pipeline.Cache.Remote.Claims;
using SparseLlm.Pipeline.Engines.Local;
using SparseLlm.Pipeline.Planning;
using SparseLlm.Pipeline.Requests;
using SparseLlm.Pipeline.Units;
using SparseLlm.Pipeline.Workers;
using SparseLlm.Pruning.Results;
using SparseLlm.Recipes;
using static SparseLlm.Pipeline.Tests.CacheFlakyServer;

namespace SparseLlm.Pipeline.Tests;

/// <summary>Workers on machines that share nothing but a remote cache.</summary>
public sealed class WorkersApart : CacheTest
{
    private const int Layers = 2;
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly ConcurrentBag<string> pruned = [];
    private readonly ConcurrentBag<string> measured = [];

    public WorkersApart() =>
        File.WriteAllText(Temp["text.txt"], File.ReadAllText(Repository.Text("sample-eval.txt"))[..3000]);

    [Fact]
    public async Task Together_prune_each_artifact_once_and_measure_the_dense_model_once()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None) { IsStrict = true };

        // Both begin with the same artifact, and go on in the same order.
        IReadOnlyList<UnitOutcome>[] outcomes = await Task.WhenAll(
            ((string[])["one", "two"]).Select(name => Task.Factory.StartNew(
                () => Work(Machine(name, server.Address, TimeSpan.FromSeconds(10))), TaskCreationOptions.LongRunning)));
        pruned.Order().ShouldBe(Names.SelectMany(name => Enumerable.Repeat(name, Layers)));
        measured.Order().ShouldBe(["a", "b", "c", "dense"]);
        outcomes.ShouldAllBe(all => all.Count == Names.Length);
        outcomes.SelectMany(all => all).Where(outcome => outcome.State == UnitState.Done)
            .Select(outcome => outcome.Artifact).Distinct().Order().ShouldBe(Names);
        Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void What_a_dead_worker_has_claimed_is_done_in_the_end()
    {
        using var server = new CacheFlakyServer((_, _) => Failure.None);
        BuildCache one = Machine("one", server.Address, TimeSpan.FromSeconds(1));
        using var backend = new CpuBackend();
        UnitOfWork unit = UnitOfWork.Of(
            new RecipePlan(Recipe(), Temp["models"], backend.NumericsClass, one).Plan(["b"]).Single());
        server.Files[$"/ac/{ClaimStore.NameOf(unit.Key)}"] = "of a worker that is dead"u8.ToArray();
        IReadOnlyList<UnitOutcome> outcomes = Work(one);
        outcomes.Select(outcome => outcome.Artifact).Order().ShouldBe(Names);
        outcomes.ShouldAllBe(outcome => outcome.State == UnitState.Done);
        outcomes[^1].Artifact.ShouldBe("b");
        Warnings.ShouldBeEmpty();
    }

    private IReadOnlyList<UnitOutcome> Work(BuildCache cache)
    {
        using var engine = new LocalEngine(new CpuBackend());
        var progress = new Computed(pruned, measured);
        return new UnitWorker(Recipe(), engine, cache, new WorkerOptions(WorkShare.Whole), progress)
            .Run(CancellationToken.None);
    }

    private Recipe Recipe()
    {
        lock (pruned)
        {
            File.WriteAllText(Temp["pruning.yaml"], $$"""
                version: 1
                model: {{ShallowModel.Of("tiny-opt")}}
                evaluation: { perplexity: { prose: { text: text.txt, sequenceLength: 32 } } }
                artifacts:
                {{string.Join('\n', Names.Select((name, index) =>
                    $"  {name}: {{ method: magnitude, sparsity: 0.{index + 3} }}"))}}

                """);
            return RecipeReader.Read(Temp["pruning.yaml"], ToolVersion.Current).Require();
        }
    }

    private BuildCache Machine(string name, Uri address, TimeSpan lease) => BuildCache.Open(
        Temp[name],
        new RemoteCacheOptions(address, CanWrite: true, null) { Lease = lease },
        Warn);

    /// <summary>Keeps a name for every layer that is pruned, and for every model that is measured.</summary>
    private sealed class Computed(ConcurrentBag<string> pruned, ConcurrentBag<string> measured)
        : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            switch (value)
            {
                case PruningStep { Progress: LayerFinished } step:
                    pruned.Add(step.Artifact);
                    break;
                case EvaluationStep step when step.Done == step.Layers:
                    measured.Add(step.Model);
                    break;
            }
        }
    }
}
