using SparseLlm.Benchmarks.Workloads;

namespace SparseLlm.Benchmarks.Prune;

/// <summary>Whole prunes beside the published formulation in PyTorch: the same model, the same tokens.</summary>
internal sealed class SpeedTable(string directory, int layers, int windows, int threads, int runs)
{
    private const int Length = 2048;
    private const double SparseGptGoal = 4;
    private const double SparseLlmGoal = 10;

    public void Print(IReadOnlyCollection<string> methods)
    {
        var rates = MachineRates.Measure(threads);
        Console.WriteLine(
            $"{layers} layers, {windows} x {Length} tokens, {threads} threads, 50 %; products reach "
            + $"{rates.Single / 1e9:0} GF/s, {rates.Double / 1e9:0} in double precision\n");
        Console.WriteLine(
            "| model | method | ours, s | MiB | floor, s | reached | peer | peer's, s | MiB | speed | goal "
            + "|\n|---|---|---:|---:|---:|---:|---|---:|---:|---:|---:|");
        foreach (SyntheticModel shape in (SyntheticModel[])[SyntheticModel.Opt125M, SyntheticModel.Llama160M])
        {
            using var workload = new Workload(directory, shape with { Layers = layers }, windows * Length);
            var prune = new Prune(workload.Model, workload.Ids, windows, Length, threads);
            double floor = new SparseGptFloor(shape with { Layers = layers }, windows * Length, Length).Seconds(rates);
            if (methods.Contains("sparsegpt"))
            {
                Compare(prune, shape, ["sparsegpt"], "sparsegpt", SparseGptGoal, floor);
            }

            if (methods.Contains("sparsellm"))
            {
                List<Cost> peer = Compare(
                    prune,
                    shape,
                    ["sparsellm", "--set", "variant=paper"],
                    "sparsellm",
                    SparseLlmGoal);
                Compare(prune, shape, ["sparsellm"], "sparsellm", SparseLlmGoal, known: peer);
            }
        }
    }

    /// <summary>Measures and prints a row.</summary>
    /// <param name="prune">What is pruned.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="method">The method here.</param>
    /// <param name="peer">The method there.</param>
    /// <param name="goal">How many times as fast it should be.</param>
    /// <param name="floor">Seconds that its arithmetic takes.</param>
    /// <param name="known">What the peer took in an earlier row with the same method, which need not be measured
    /// again.</param>
    /// <returns>What the peer took in each run.</returns>
    private List<Cost> Compare(
        Prune prune, SyntheticModel shape, string[] method, string peer, double goal, double? floor = null,
        IReadOnlyList<Cost>? known = null)
    {
        var ours = new List<Cost>();
        var theirs = new List<Cost>();
        PairedTimes times = Timing.Pair(
            runs, () => Seconds(prune.WithTool(method), ours), () => Seconds(
                known is null ? prune.WithTorch(peer) : known[theirs.Count],
                theirs), warmUp: false);
        string name = method.Length == 1 ? method[0] : $"{method[0]}, {method[^1]}";
        Console.WriteLine(
            $"| {shape.Family} {shape.Hidden} / {shape.FeedForward} | {name} | {times.One:0.0} | {Peak(ours)} | "
            + $"{floor:0.0} | {floor / times.One:0 %} "
            + $"| {peer} as published | {times.Other:0.0} | {Peak(theirs)} | **{times.Speed:0.0}** | "
            + $"{goal:0}{(times.Speed < goal ? " (missed)" : "")} |");
        return theirs;
    }

    private static double Seconds(Cost cost, List<Cost> costs)
    {
        costs.Add(cost);
        return cost.Seconds;
    }

    private static long Peak(List<Cost> costs) => costs.Max(cost => cost.PeakBytes) >> 20;
}
