using SparseLlm.Pruning.Results;
using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

public sealed class Determinism
{
    [Theory]
    [InlineData("tiny-opt", PruningMethod.SparseLlm, 2)]
    [InlineData("tiny-llama", PruningMethod.SparseLlm, 3)]
    [InlineData("tiny-llama", PruningMethod.SparseGpt, 2)]
    public void A_prune_gives_the_same_bits_whatever_the_number_of_threads(
        string model,
        PruningMethod method,
        int threads) =>
        Prune(model, method, threads).ShouldBe(Prune(model, method, threads: 1));

    private static byte[] Prune(string model, PruningMethod method, int threads)
    {
        using PruneRun run = PruneRun.OnTwoLayers(model, threads);
        List<PrunedLayer> layers = run.Prune(PruningSettings.For(method), "0.6", samples: 6);
        return System.Security.Cryptography.SHA256.HashData(
            [.. layers.SelectMany(layer => layer.Tensors).SelectMany(
                tensor => System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tensor.Values).ToArray())]);
    }
}
