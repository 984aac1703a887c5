using System.Security.Cryptography;
using SparseLlm.Pruning.Methods;
using SparseLlm.Pruning.Patterns;
using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Numerics.TorchSharp.Tests;

public sealed class SeveralDevices
{
    [Fact]
    public void Backends_that_solve_on_threads_of_their_own_make_the_same_bits_as_one()
    {
        using var second = new TorchBackend("cpu");
        Prune([second]).ShouldBe(Prune([]));
    }

    private static byte[] Prune(IReadOnlyList<IBackend> others)
    {
        using PruneRun run = PruneRun.OnTwoLayers("tiny-llama", new TorchBackend("cpu"));
        var plan = new SparsityPlan(PruneRun.Pattern("0.6"), []);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (PrunedTensor tensor in new ModelPruner(
            run.Model,
            PruningSettings.For(PruningMethod.SparseGpt),
            plan,
            run.Tokens(4),
            others: others).Run().SelectMany(layer => layer.Tensors))
        {
            hash.AppendData(tensor.Bytes);
        }

        return hash.GetHashAndReset();
    }
}
