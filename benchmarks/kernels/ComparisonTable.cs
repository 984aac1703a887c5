using System.Diagnostics;
using SparseLlm.Benchmarks.Kernels.Cases;
using SparseLlm.Benchmarks.Workloads;
using SparseLlm.Numerics.Cpu;

namespace SparseLlm.Benchmarks.Kernels;

/// <summary>All comparisons on one set of instructions and number of threads, a row each, printed as they
/// come.</summary>
internal sealed class ComparisonTable(string instructions, int threads, int runs, string only)
{
    public const string Header = "| instructions | threads | work | ours, ms | GF/s | peer | peer's, ms | speed | goal "
        + "|\n|---|---:|---|---:|---:|---|---:|---:|---:|";

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(60);

    public void Print()
    {
        OpenBlas.SetThreads(threads);
        using var backend = new CpuBackend(threads);
        using var peer = new Peer(threads);
        Console.Error.WriteLine($"{backend.Description}; OpenBLAS for {OpenBlas.Core}; {peer.Description}");
        IEnumerable<Func<Operands, Comparison>> cases =
        [
            .. Products.All(), .. Grams.All(), .. Factors.All(),
            .. Sweeps.All().Concat(DecoderLayers.All())
                .Select(prepare => (Func<Operands, Comparison>)(operands => prepare(operands, peer))),
        ];
        foreach (Func<Operands, Comparison> prepare in cases)
        {
            using var operands = new Operands(backend);
            Comparison comparison = prepare(operands);
            if (comparison.Work.Contains(only, StringComparison.OrdinalIgnoreCase))
            {
                WarmUp(comparison.Ours);
                Console.WriteLine(
                    Row(comparison, Timing.Pair(runs, Rested(comparison.Ours), Rested(comparison.Theirs))));
            }
        }
    }

    /// <summary>Until the runtime has recompiled what is called often.</summary>
    private static void WarmUp(Func<double> work)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 1;)
        {
            work();
        }
    }

    /// <summary>After a rest in which the threads of the other side go to sleep: for some milliseconds they wait for
    /// work, and take a processor each.</summary>
    private static Func<double> Rested(Func<double> side) => () =>
    {
        Thread.Sleep(Rest);
        return side();
    };

    private string Row(Comparison comparison, PairedTimes times)
    {
        string speed = comparison.Flops > 0 ? $"{comparison.Flops / times.One / 1e9:0}" : "";
        return $"| {instructions} | {threads} | {comparison.Work} | {times.One * 1e3:0.###} | {speed} | "
            + $"{comparison.Peer} | {times.Other * 1e3:0.###} "
            + $"| **{times.Speed:0.00}** | {comparison.Goal:0.00}{(times.Speed < comparison.Goal ? " (missed)" : "")} "
            + $"|";
    }
}
