using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SparseLlm.Benchmarks.Runtime;
using SparseLlm.Benchmarks.Runtime.Models;
using SparseLlm.Models.Checkpoints.Encodings;
using SparseLlm.Numerics.Cpu;
using SparseLlm.Runtime.Kernels;

var runs = new Option<int>("--runs")
{
    Description = "How often each side is measured, in turn; the median counts.",
    DefaultValueFactory = _ => 21
};
var rowCounts = new Option<int[]>("--rows")
{
    Description = "Rows of the matrices.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [4096, 11008]
};
var threadCounts = new Option<int[]>("--threads")
{
    Description = "Numbers of threads.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1, 2]
};
var vectorCounts = new Option<int[]>("--vectors")
{
    Description = "Numbers of vectors.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1]
};
var matrixCommand = new Command(
    "matrices",
    "Multiplies dense and pruned matrices by a vector, and prints a row for each as Markdown.") { runs, rowCounts,
    threadCounts, vectorCounts };
matrixCommand.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    const int Columns = 4096;
    foreach (int rows in arguments.GetRequiredValue(rowCounts))
    {
        RandomMatrix[] matrices =
        [
            RandomMatrix.Dense(rows, Columns),
            RandomMatrix.Bitmask(rows, Columns, 0.5),
            RandomMatrix.Bitmask(rows, Columns, 0.7),
            RandomMatrix.Bitmask(rows, Columns, 0.9),
            RandomMatrix.Groups(rows, Columns, new GroupPattern(2, 4)),
            RandomMatrix.Codes(rows, Columns, 8, null),
            RandomMatrix.Codes(rows, Columns, 8, 0.5),
            RandomMatrix.Codes(rows, Columns, 8, 0.7),
            RandomMatrix.Codes(rows, Columns, 4, null),
            RandomMatrix.Codes(rows, Columns, 4, 0.5),
            RandomMatrix.Codes(rows, Columns, 4, 0.7),
        ];
        foreach (int threads in arguments.GetRequiredValue(threadCounts))
        {
            foreach (int vectors in arguments.GetRequiredValue(vectorCounts))
            {
                Measure(matrices, rows, Columns, threads, vectors, arguments.GetValue(runs));
            }
        }
    }

    return 0;
});
var root = new RootCommand("How fast pruned models run.") { matrixCommand, ModelComparison.Models() };
foreach (Command part in ModelComparison.Parts())
{
    root.Subcommands.Add(part);
}

return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static void Measure(RandomMatrix[] matrices, int rows, int columns, int threads, int vectorCount, int runs)
{
    using var backend = new CpuBackend(threads);
    using var products = new VectorProducts(backend);
    float[] vectors = [.. Enumerable.Range(0, vectorCount * columns).Select(i => i % 17 - 8f)];
    float[] results = new float[vectorCount * rows];
    bool isFew = vectorCount <= VectorProducts.Few;
    using var unpacked = isFew ? null : new UnpackedProduct(backend, rows, columns, vectors);
    InstructionSet[] sets = [.. InstructionSets.Supported];
    var work = new List<(string Name, RandomMatrix Matrix, Action Run, List<double> Times)>();
    foreach (RandomMatrix matrix in matrices)
    {
        work.Add((isFew ? "read" : "floats", matrix, isFew
            ? () => Reading.Run(backend.Team, matrix.Parts)
            : unpacked!.Run, []));
        foreach (InstructionSet set in sets)
        {
            WeightMatrix view = matrix.On(set);
            work.Add((set.ToString(), matrix, () => products.Multiply(view, vectors, results), []));
        }
    }

    for (int run = -2; run < runs; run++)
    {
        foreach ((_, _, Action action, List<double> times) in work)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (run >= 0)
            {
                times.Add(elapsed);
            }
        }
    }

    Console.WriteLine($"\n{rows} x {columns}, {threads} thread(s), {vectorCount} vector(s), {runs} runs\n");
    Console.WriteLine($"| instructions | matrix | ms | times as fast as dense bf16 | "
        + $"{(isFew ? "time to read it" : "time with floats")} / time | G weights/s | GB/s |");
    Console.WriteLine("|---|---|---:|---:|---:|---:|---:|");
    foreach (IGrouping<string, (string Name, RandomMatrix Matrix, Action Run, List<double> Times)> set in work.GroupBy(
        each => each.Name))
    {
        List<double> dense = set.First().Times;
        foreach ((string name, RandomMatrix matrix, _, List<double> times) in set)
        {
            List<double> peer = work.First(each => each.Matrix == matrix).Times;
            double ms = Median(times);
            Console.WriteLine(
                $"| {name} | {matrix.Name} | {ms:0.00} | {Median(dense.Zip(times, (a, b) => a / b)):0.00} | "
                + $"{Median(peer.Zip(times, (a, b) => a / b)):0.00} | "
                + $"{(double)rows * columns * vectorCount / ms / 1e6:0.0} | "
                + $"{matrix.Parts.Sum(part => part.Bytes) / ms / 1e6:0.0} |");
        }
    }
}

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted[sorted.Length / 2];
}
