using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>A model of 1.3 billion parameters, pruned on few tokens: does it stay below 8 GB?</summary>
internal sealed class LargeModel(string directory, int layers, int threads)
{
    private const int Length = 512;
    private const int Windows = 8;
    private const double Goal = 8e9;

    public void Print(IEnumerable<string> methods)
    {
        SyntheticModel shape = SyntheticModel.Opt1300M with { Layers = layers };
        using var workload = new Workload(directory, shape, Windows * Length);
        var prune = new Prune(workload.Model, workload.Ids, Windows, Length, threads);
        Console.WriteLine(
            $"{shape.Family} {shape.Hidden} / {shape.FeedForward}, {shape.Layers} layers, {Windows * Length} tokens\n");
        Console.WriteLine("| method | peak, GB | goal | time, s |\n|---|---:|---:|---:|");
        foreach (string method in methods)
        {
            Cost cost = prune.WithTool(method);
            Console.WriteLine($"| {method} | {cost.PeakBytes / 1e9:0.0} | "
                + $"{Goal / 1e9:0}{(cost.PeakBytes > Goal ? " (missed)" : "")} | {cost.Seconds:0} |");
        }
    }
}
