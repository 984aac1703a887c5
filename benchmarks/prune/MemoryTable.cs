using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>
/// Peak memory of a sparsellm prune for more and more calibration tokens, and for more layers, with a budget for
/// activations: flat beyond the budget, and flat in the number of layers.
/// </summary>
internal sealed class MemoryTable(string directory, int threads)
{
    private const int Length = 512;
    private const int Windows = 32;
    private const int BudgetMegabytes = 32;

    private static readonly SyntheticModel Shape = new(ModelFamily.Opt, 4, 256, 1024, 4, Length);

    public void Print()
    {
        Console.WriteLine(
            $"sparsellm, {Shape.Family} {Shape.Hidden} / {Shape.FeedForward}, budget {BudgetMegabytes} MB\n");
        Console.WriteLine("| layers | tokens | peak, MiB |\n|---:|---:|---:|");
        foreach ((int layers, int factor) in ((int, int)[])[(4, 1), (4, 4), (4, 16), (24, 1)])
        {
            int windows = Windows * factor;
            using var workload = new Workload(directory, Shape with { Layers = layers }, windows * Length);
            Cost cost = new Prune(workload.Model, workload.Ids, windows, Length, threads).WithTool(
                "sparsellm",
                "--memory",
                $"{BudgetMegabytes}MB");
            Console.WriteLine($"| {layers} | {windows * Length} | {cost.PeakBytes >> 20} |");
        }

        Console.WriteLine($"\nOne layer's matrices in single precision: {Shape.LayerBytes >> 20} MiB.");
    }
}
