using SparseLlm.Pruning.Settings;
using SparseLlm.Pruning.Tests.Support;

namespace SparseLlm.Pruning.Tests;

/// <summary>The order of the methods on the sample texts, which every clone can check.</summary>
public sealed class Quality
{
    [SkippableTheory]
    [InlineData("tiny-llama", true)]
    [InlineData("tiny-opt")]
    public void At_high_sparsity_each_method_leaves_more_than_the_simpler_one(string model, bool standsForAll = false)
    {
        if (!standsForAll)
        {
            Repository.RequireAllQuality();
        }

        using PruneRun run = PruneRun.OnSamples(model);
        double Measure(PruningMethod method)
            => run.PerplexityOf(run.Prune(PruningSettings.For(method), "0.8", samples: 16));
        double dense = run.DensePerplexity();
        double sparseLlm = Measure(PruningMethod.SparseLlm);
        double alps = Measure(PruningMethod.Alps);
        double sparseGpt = Measure(PruningMethod.SparseGpt);
        double wanda = Measure(PruningMethod.Wanda);

        sparseLlm.ShouldBeGreaterThan(dense);
        sparseLlm.ShouldBeLessThan(alps);
        alps.ShouldBeLessThan(sparseGpt);
        sparseGpt.ShouldBeLessThan(wanda);
    }
}
