using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Numerics.TorchSharp.Tests;

/// <summary>
/// What a prune asks of a device, and how often it waits for it: at a download always. The bounds are a fifth above
/// what there was when they were written; who has to raise them makes a GPU slower.
/// </summary>
public sealed class RoundTrips
{
    [Theory]
    [InlineData(PruningMethod.Magnitude, 322, 44, 178)]
    [InlineData(PruningMethod.Wanda, 955, 94, 352)]
    [InlineData(PruningMethod.SparseGpt, 874, 60, 371)]
    [InlineData(PruningMethod.SparseLlm, 19950, 3590, 3090)]
    public void A_prune_takes_no_more_operations_and_copies_than_it_did(
        PruningMethod method,
        long operations,
        long uploads,
        long downloads)
    {
        var log = new OperationLog();
        using PruneRun run = PruneRun.OnSamples("tiny-llama", new TorchBackend("cpu", log: log));
        run.Prune(PruningSettings.For(method), "0.5", samples: 4);
        log.ShouldSatisfyAllConditions(
            () => log.Operations.Values.Sum(cost => cost.Count).ShouldBeLessThanOrEqualTo(operations),
            () => log.Uploads.Count.ShouldBeLessThanOrEqualTo(uploads),
            () => log.Downloads.Count.ShouldBeLessThanOrEqualTo(downloads));
    }
}
