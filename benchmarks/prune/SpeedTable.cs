using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>Whole prunes beside the published formulation in PyTorch: the same model, the same tokens.</summary>
internal sealed class SpeedTable(string directory, int layers, int windows, int threads, int runs)
{
    private const int Length = 2048;
    private const double SparseGptGoal = 4;
    private const double SparseLlmGoal = 10;

    public void Print()
    {
        var rates = MachineRates.Measure(threads);
        Console.WriteLine(
            $"{layers} layers, {windows} x {Length} tokens, {threads} threads, 50 %; products reach {rates.Single / 1e9:0} GF/s, {rates.Double / 1e9:0} in double precision\n");
        Console.WriteLine(
            "| model | method | ours, s | MiB | floor, s | reached | peer | peer's, s | MiB | speed | goal |\n|---|---|---:|---:|---:|---:|---|---:|---:|---:|---:|");
        foreach (SyntheticModel shape in (SyntheticModel[])[SyntheticModel.Opt125M, SyntheticModel.Llama160M])
        {
            using var workload = new Workload(directory, shape with { Layers = layers }, windows * Length);
            var prune = new Prune(workload.Model, workload.Ids, windows, Length, threads);
            double floor = new SparseGptFloor(shape with { Layers = layers }, windows * Length, Length).Seconds(rates);
            Compare(prune, shape, ["sparsegpt"], "sparsegpt", SparseGptGoal, floor);
            Compare(prune, shape, ["sparsellm", "--set", "variant=paper"], "sparsellm", SparseLlmGoal);
            Compare(prune, shape, ["sparsellm"], "sparsellm", SparseLlmGoal);
        }
    }

    private void Compare(Prune prune, SyntheticModel shape, string[] method, string peer, double goal, double? floor = null)
    {
        long ourPeak = 0;
        long peerPeak = 0;
        PairedTimes times = Timing.Pair(runs, () => Run(() => prune.WithTool(method), ref ourPeak), () => Run(() => prune.WithTorch(peer), ref peerPeak), warmUp: false);
        string name = method.Length == 1 ? method[0] : $"{method[0]}, {method[^1]}";
        Console.WriteLine(
            $"| {shape.Family} {shape.Hidden} / {shape.FeedForward} | {name} | {times.One:0.0} | {ourPeak >> 20} | {floor:0.0} | {floor / times.One:0 %} | {peer} as published | {times.Other:0.0} | {peerPeak >> 20} "
            + $"| **{times.Speed:0.0}** | {goal:0}{(times.Speed < goal ? " (missed)" : "")} |");
    }

    private static double Run(Func<Cost> prune, ref long peak)
    {
        Cost cost = prune();
        peak = Math.Max(peak, cost.PeakBytes);
        return cost.Seconds;
    }
}
