using System.CommandLine;
using System.Diagnostics;

namespace SparseLlm.Fuzz;

/// <summary>Fuzzing by hand: <c>dotnet run -c Release --project tests/SparseLlm.Fuzz -- --reader tokenizer --minutes 60
/// --seed 7</c>.</summary>
internal static class FuzzProgram
{
    /// <summary>The seed of the tests.</summary>
    public const int DefaultSeed = 20261126;

    private const long Batch = 10_000;

    private static int Main(string[] args)
    {
        var readers = new Option<string[]>("--reader")
        {
            Description = "Which; all by default.",
            AllowMultipleArgumentsPerToken = true
        };
        readers.AcceptOnlyFromAmong([.. FuzzTarget.All.Select(target => target.Name)]);
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the inputs.",
            DefaultValueFactory = _ => DefaultSeed
        };
        var minutes = new Option<double>("--minutes")
        {
            Description = "Minutes for each reader.",
            DefaultValueFactory = _ => 1
        };
        var input = new Option<long?>("--input")
        {
            Description = "Read this input alone, and write it to standard output."
        };
        var root = new RootCommand(
            "Gives the readers of files mutated inputs, and reports what is neither read nor refused.") { readers, seed,
            minutes, input };
        root.SetAction(arguments =>
        {
            string[] names = arguments.GetValue(readers) ?? [];
            FuzzTarget[] targets = [.. FuzzTarget.All
                .Where(target => names.Length == 0 || names.Contains(target.Name))];
            return arguments.GetValue(input) is { } number
                ? Show(targets[0], arguments.GetValue(seed), number)
                : targets.Count(
                    target => !Run(target, arguments.GetValue(seed),
                        TimeSpan.FromMinutes(arguments.GetValue(minutes))));
        });
        return root.Parse(args).Invoke();
    }

    private static bool Run(FuzzTarget target, int seed, TimeSpan duration)
    {
        var run = new FuzzRun(target, seed);
        var clock = Stopwatch.StartNew();
        long count = 0;
        for (; clock.Elapsed < duration && run.Failures.Count == 0; count += Batch)
        {
            run.Run(count, Batch);
        }

        Console.WriteLine(FormattableString.Invariant(
            $"{target.Name}: seed {seed}, {count} inputs, {run.Refused} refused, {run.Failures.Count} failures"));
        foreach (FuzzFailure failure in run.Failures)
        {
            Console.WriteLine(FormattableString.Invariant($"  input {failure.Number}: {failure.Problem}"));
        }

        return run.Failures.Count == 0;
    }

    private static int Show(FuzzTarget target, int seed, long number)
    {
        var run = new FuzzRun(target, seed);
        using (Stream output = Console.OpenStandardOutput())
        {
            output.Write(run.Input(number));
        }

        run.Run(number, 1);
        foreach (FuzzFailure failure in run.Failures)
        {
            Console.Error.WriteLine(failure.Problem);
        }

        return run.Failures.Count;
    }
}
