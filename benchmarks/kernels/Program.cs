using System.CommandLine;
using System.Globalization;
using BenchmarkDotNet.Running;
using SparseLlm.Benchmarks.Kernels;

if (args is ["benchmarkdotnet", ..])
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args[1..]);
    return 0;
}

var runs = new Option<int>("--runs")
{
    Description = "How often each side is measured, in turn; the median counts.",
    DefaultValueFactory = _ => 9
};
var only = new Option<string>("--only")
{
    Description = "Measures only work whose description contains this.",
    DefaultValueFactory = _ => ""
};
var threads = new Option<int[]>("--threads")
{
    Description = "Numbers of threads.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1, 2]
};
var instructions = new Option<string[]>("--instructions")
{
    Description = "avx512, avx2. By default all that this machine has.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => InstructionSets.Supported,
};
var root = new RootCommand(
    "Holds the CPU kernels against OpenBLAS, LAPACK and PyTorch, and prints a row per piece of work as Markdown.")
{
    runs,
    only,
    threads,
    instructions,
};
root.SetAction(arguments =>
{
    CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
    if (InstructionSets.Current is not { } set)
    {
        // Which instructions are used is settled when a process starts.
        Console.WriteLine(ComparisonTable.Header);
        return arguments.GetRequiredValue(instructions).Max(each => InstructionSets.RunProcess(each, args));
    }

    foreach (int count in arguments.GetRequiredValue(threads))
    {
        new ComparisonTable(set, count, arguments.GetValue(runs), arguments.GetRequiredValue(only)).Print();
    }

    return 0;
});
return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
